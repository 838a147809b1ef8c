import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPolicy } from './create-policy.ts';
import { policyNames, type EntrySource, type EvictionPolicy, type PolicyName } from './policy.ts';

/** Entries without a store: numbers with a word, a weight and perhaps an expiry. */
class Entries implements EntrySource {
  readonly words = new Map<number, number>();
  readonly weights = new Map<number, number>();
  readonly expiring = new Set<number>();
  #drawn = 7;

  get entryCount(): number {
    return this.words.size;
  }

  evictionWord(ref: number): number {
    return this.words.get(ref) ?? 0;
  }

  setEvictionWord(ref: number, word: number): void {
    this.words.set(ref, word | 0);
  }

  expires(ref: number): boolean {
    return this.expiring.has(ref);
  }

  hashOf(ref: number): number {
    return Math.imul(ref, 0x9e3779b1) & 0x7fffffff;
  }

  weightOf(ref: number): number {
    return this.weights.get(ref) ?? 0;
  }

  drawEntry(): number {
    const all = [...this.words.keys()];
    this.#drawn = (Math.imul(this.#drawn, 1_664_525) + 1_013_904_223) >>> 0;
    return all.length === 0 ? 0 : all[this.#drawn % all.length];
  }

  soonestToExpire(): number {
    return [...this.expiring][0] ?? 0;
  }
}

const names = policyNames.filter((name) => name !== 'noeviction');

function create(name: PolicyName, entries: Entries): EvictionPolicy {
  return createPolicy(name, entries, () => 0.5) as EvictionPolicy;
}

describe.each(names)('%s', (name) => {
  it('names a living entry whenever there is one that it may, through every change', () => {
    const operation = fc.record({ kind: fc.constantFrom('add', 'add', 'add', 'touch', 'touch', 'remove', 'move', 'evict', 'evict', 'expiry', 'resize'), pick: fc.nat(), weight: fc.integer({ min: 4, max: 900 }) });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 1_500 }), (operations) => {
        const entries = new Entries();
        const policy = create(name, entries);
        let next = 1;
        const remove = (ref: number): void => {
          policy.removed(ref);
          entries.words.delete(ref);
          entries.weights.delete(ref);
          entries.expiring.delete(ref);
        };
        for (const { kind, pick, weight } of operations) {
          const all = [...entries.words.keys()];
          const ref = all.length === 0 ? 0 : all[pick % all.length];
          if (kind === 'add') {
            const fresh = next++;
            entries.words.set(fresh, 0);
            entries.weights.set(fresh, weight);
            if (pick % 2 === 0) entries.expiring.add(fresh);
            policy.added(fresh, entries.hashOf(fresh));
            expect(policy.holds(fresh) || name.endsWith('lfu')).toBe(true);
          } else if (kind === 'evict') {
            const victim = policy.victim();
            const candidates = name.startsWith('volatile') ? entries.expiring : entries.words;
            if (candidates.size === 0) expect(victim === 0 || name === 'volatile-random').toBe(true);
            else expect(candidates.has(victim)).toBe(true);
            if (victim !== 0) remove(victim);
          } else if (ref !== 0) {
            if (kind === 'touch') policy.touched(ref);
            else if (kind === 'remove') remove(ref);
            else if (kind === 'resize') {
              const difference = weight - entries.weightOf(ref);
              entries.weights.set(ref, weight);
              policy.resized(ref, difference);
            } else if (kind === 'expiry') {
              if (!entries.expiring.delete(ref)) entries.expiring.add(ref);
              policy.expiryChanged(ref);
            } else {
              const to = next++;
              entries.words.set(to, entries.evictionWord(ref));
              entries.weights.set(to, entries.weightOf(ref));
              entries.words.delete(ref);
              entries.weights.delete(ref);
              if (entries.expiring.delete(ref)) entries.expiring.add(to);
              policy.moved(ref, to);
            }
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('takes entries whose words another policy wrote', () => {
    const entries = new Entries();
    const before = names.map((other) => create(other, entries));
    for (let ref = 1; ref <= 500; ref++) {
      entries.words.set(ref, 0);
      entries.weights.set(ref, 10);
      entries.expiring.add(ref);
      before[ref % before.length].added(ref, entries.hashOf(ref));
      before[ref % before.length].touched(ref);
    }
    const policy = create(name, entries);
    for (let ref = 1; ref <= 100; ref++) policy.removed(ref);
    for (let ref = 1; ref <= 100; ref++) {
      entries.words.delete(ref);
      entries.expiring.delete(ref);
    }
    for (let ref = 101; ref <= 500; ref++) if (!policy.holds(ref)) policy.added(ref, entries.hashOf(ref));
    const evicted = new Set<number>();
    for (let i = 0; i < 400; i++) {
      const victim = policy.victim();
      expect(entries.words.has(victim)).toBe(true);
      evicted.add(victim);
      policy.removed(victim);
      entries.words.delete(victim);
      entries.expiring.delete(victim);
    }
    expect(evicted.size).toBe(400);
  });

  it('looks at a bounded number of entries for one victim, even when all were used', () => {
    const entries = new Entries();
    const policy = create(name, entries);
    for (let ref = 1; ref <= 20_000; ref++) {
      entries.words.set(ref, 0);
      entries.weights.set(ref, 10);
      if (name.startsWith('volatile')) entries.expiring.add(ref);
      policy.added(ref, entries.hashOf(ref));
    }
    for (let round = 0; round < 4; round++) for (let ref = 1; ref <= 20_000; ref++) policy.touched(ref);
    let writes = 0;
    const set = entries.setEvictionWord.bind(entries);
    entries.setEvictionWord = (ref, word) => {
      writes++;
      set(ref, word);
    };
    expect(policy.victim()).not.toBe(0);
    expect(writes).toBeLessThan(4_000);
  });
});

describe('order', () => {
  const fill = (policy: EvictionPolicy, entries: Entries, count: number): void => {
    for (let ref = 1; ref <= count; ref++) {
      entries.words.set(ref, 0);
      entries.weights.set(ref, 10);
      policy.added(ref, entries.hashOf(ref));
    }
  };
  const evict = (policy: EvictionPolicy, entries: Entries): number => {
    const victim = policy.victim();
    policy.removed(victim);
    entries.words.delete(victim);
    return victim;
  };

  it('of LRU is that of the last use, but among the newest tenth', () => {
    const entries = new Entries();
    const policy = create('allkeys-lru', entries);
    fill(policy, entries, 1_000);
    for (let ref = 1; ref <= 500; ref++) policy.touched(ref);
    expect(Array.from({ length: 500 }, () => evict(policy, entries))).toEqual(Array.from({ length: 500 }, (_, i) => 501 + i));
    expect(evict(policy, entries)).toBe(1);
  });

  it('of SIEVE spares the visited once', () => {
    const entries = new Entries();
    const policy = create('allkeys-sieve', entries);
    fill(policy, entries, 5);
    policy.touched(1);
    policy.touched(3);
    expect([evict(policy, entries), evict(policy, entries), evict(policy, entries), evict(policy, entries)]).toEqual([2, 4, 5, 1]);
  });

  it('of S3-FIFO keeps what was used twice, and takes back what it sent away too early', () => {
    const entries = new Entries();
    const policy = create('allkeys-s3fifo', entries);
    fill(policy, entries, 1_000);
    for (let ref = 1; ref <= 100; ref++) for (let i = 0; i < 2; i++) policy.touched(ref);
    const gone = new Set(Array.from({ length: 500 }, () => evict(policy, entries)));
    for (let ref = 1; ref <= 100; ref++) expect(gone.has(ref)).toBe(false);
    const back = [...gone].at(-1) as number;
    entries.words.set(back, 0);
    entries.weights.set(back, 10);
    policy.added(back, entries.hashOf(back));
    for (let i = 0; i < 300; i++) expect(evict(policy, entries)).not.toBe(back);
  });
});
