import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { policyNames } from '../eviction/policy.ts';
import { StoreDriver } from './store-driver.ts';
import { noExpiry } from './store.ts';

const limitBytes = 8 * 1024 * 1024;
const wholeWork = 100_000;

/** A value that says which key and which write it is from. */
function stamped(key: string, version: number, length: number): Uint8Array {
  const value = Buffer.alloc(Math.max(length, key.length + 12), version & 255);
  value.write(`${key}#${version}#`, 'latin1');
  return value;
}

function settle(driver: StoreDriver): void {
  for (let i = 0; i < 10_000 && driver.store.housekeep(driver.nowMs, wholeWork); i++);
}

describe.each(policyNames.filter((name) => name !== 'noeviction'))('memory under %s', (policy) => {
  it('stays within the limit, returns what was written or nothing, and counts right', () => {
    const driver = new StoreDriver({ limitBytes });
    const { store } = driver;
    store.setPolicy(policy);
    const versions = new Map<string, Uint8Array>();
    let state = 42;
    const random = (below: number): number => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) % below;
    for (let i = 0; i < 30_000; i++) {
      const key = `key ${random(20_000)}`;
      const action = random(10);
      if (action < 6) {
        const value = stamped(key, i, random(20) === 0 ? random(20_000) : random(700));
        expect(driver.set(key, value, policy.startsWith('volatile') || random(3) === 0 ? driver.nowMs + 1_000 + random(1_000_000) : noExpiry)).toBe(true);
        versions.set(key, value);
      } else if (action < 9) {
        const value = driver.get(key);
        if (value !== undefined) expect(Buffer.compare(value, versions.get(key) as Uint8Array)).toBe(0);
      } else {
        driver.del(key);
        versions.delete(key);
      }
      if (i % 100 === 0) store.housekeep(driver.nowMs, 200);
      if (i % 1_000 === 0) driver.nowMs += 500;
      expect(store.committedBytes).toBeLessThanOrEqual(limitBytes);
    }
    expect(store.evictedKeys).toBeGreaterThan(1_000);
    const { units, keys, expiring } = driver.recount();
    expect([store.log.liveUnits, store.entryCount, store.expiringKeys]).toEqual([units, keys, expiring]);
    expect(units * 8).toBeGreaterThan(limitBytes * 0.45);
    for (const key of driver.keys()) if (versions.has(key)) expect(Buffer.compare(driver.get(key) as Uint8Array, versions.get(key) as Uint8Array)).toBe(0);
    if (store.policy !== undefined) expect(store.policy.memoryBytes).toBeLessThan(units * 8 * 0.1 + 500_000);
  });
});

describe('memory', () => {
  it('evicts nothing for a value that is larger than all of it', () => {
    const driver = new StoreDriver({ limitBytes });
    driver.store.setPolicy('allkeys-lru');
    for (let i = 0; i < 3_000; i++) driver.set(`k${i}`, new Uint8Array(1_000), noExpiry);
    expect([driver.set('big', new Uint8Array(limitBytes), noExpiry), driver.append('k1', new Uint8Array(limitBytes)), driver.store.evictedKeys]).toEqual([false, false, 0]);
    expect([driver.set('big', new Uint8Array(limitBytes / 2), noExpiry), driver.store.evictedKeys > 0]).toEqual([true, true]);
  });

  // Compaction wins nothing back from values that fill half of a segment, or a little more than one: it must end, and less may live.
  it.each([{ length: 600_000 }, { length: 1_048_576 }, { length: 70_000 }])('takes writes on and on that leave segments half empty ($length bytes)', ({ length }) => {
    const most = 64 * 1024 * 1024;
    const segment = 1024 * 1024;
    const driver = new StoreDriver({ limitBytes: most, segmentBytes: segment });
    driver.store.setPolicy('allkeys-lru');
    for (let i = 0; i < 1_200; i++) {
      expect(driver.set(`large${i % 300}`, new Uint8Array(length), noExpiry)).toBe(true);
      for (let j = 0; j < 4; j++) expect(driver.set(`small${(i * 4 + j) % 3_000}`, new Uint8Array(19_000), noExpiry)).toBe(true);
      expect(driver.store.committedBytes).toBeLessThanOrEqual(most + 4 * segment);
    }
    expect(driver.store.log.liveUnits * 8).toBeGreaterThan(most * 0.3);
  });

  it('refuses what grows, and nothing else, when nothing may be evicted', () => {
    const driver = new StoreDriver({ limitBytes });
    let written = 0;
    while (driver.set(`k${written}`, new Uint8Array(1_000), noExpiry)) written++;
    expect(written).toBeGreaterThan(4_000);
    expect(driver.set('one more', new Uint8Array(1_000), noExpiry)).toBe(false);
    expect(driver.append('k1', new Uint8Array(5_000))).toBe(false);
    expect(driver.get('k1')?.length).toBe(1_000);
    expect(driver.set('k1', new Uint8Array(1_000).fill(7), noExpiry)).toBe(true);
    expect(driver.set('k2', new Uint8Array(10), noExpiry)).toBe(true);
    for (let i = 3; i < 200; i++) expect(driver.del(`k${i}`)).toBe(true);
    expect(driver.set('one more', new Uint8Array(1_000), noExpiry)).toBe(true);
    expect(driver.store.committedBytes).toBeLessThanOrEqual(limitBytes);
  });

  it('changes the policy while it runs and keeps the contents', () => {
    const driver = new StoreDriver({ limitBytes });
    const { store } = driver;
    const names = policyNames.filter((name) => name.startsWith('allkeys'));
    for (let i = 0; i < 10_000; i++) driver.set(`kept ${i}`, stamped(`kept ${i}`, i, 300), noExpiry);
    let next = 0;
    for (const name of [...names, ...names]) {
      const before = store.entryCount;
      store.setPolicy(name);
      expect(store.entryCount).toBe(before);
      for (let i = 0; i < 3_000; i++) {
        driver.set(`new ${next}`, stamped(`new ${next++}`, i, 300), noExpiry);
        if (i % 50 === 0) store.housekeep(driver.nowMs, 100);
        driver.get(`kept ${i}`);
      }
      settle(driver);
      const { units, keys } = driver.recount();
      expect([store.log.liveUnits, store.entryCount]).toEqual([units, keys]);
      expect(store.committedBytes).toBeLessThanOrEqual(limitBytes);
    }
  });

  it('spares what does not expire as soon as a volatile policy is chosen', () => {
    const driver = new StoreDriver({ limitBytes });
    const { store } = driver;
    for (let i = 0; i < 5_000; i++) driver.set(`lasting ${i}`, new Uint8Array(300), noExpiry);
    for (let i = 0; i < 5_000; i++) driver.set(`passing ${i}`, new Uint8Array(300), driver.nowMs + 1_000_000);
    store.setPolicy('volatile-random');
    let written = 0;
    while (driver.set(`new ${written}`, new Uint8Array(300), noExpiry)) written++;
    expect(store.evictedKeys).toBeGreaterThan(0);
    expect(driver.keys().filter((name) => !name.startsWith('passing'))).toHaveLength(5_000 + written);
  });

  it('keeps a limit of less than four segments as Redis does: one write may go over it, and the next is refused', () => {
    const driver = new StoreDriver();
    const { store } = driver;
    for (let i = 0; i < 100; i++) driver.set(`k${i}`, new Uint8Array(100), noExpiry);
    store.limitBytes = store.usedBytes + 20_000;
    store.budget.measure();
    expect(driver.set('small', new Uint8Array(1_000), noExpiry)).toBe(true);
    expect(driver.set('large', new Uint8Array(40_000), noExpiry)).toBe(true);
    expect(driver.set('more', new Uint8Array(1), noExpiry)).toBe(false);
    driver.del('large');
    expect(driver.set('more', new Uint8Array(1), noExpiry)).toBe(true);
    store.limitBytes = 1;
    store.budget.measure();
    expect(driver.set('other', new Uint8Array(1), noExpiry)).toBe(false);
  });

  it('gives memory back when keys expire, without anybody asking for them', () => {
    const driver = new StoreDriver();
    const { store } = driver;
    for (let i = 0; i < 200_000; i++) driver.set(`k${i}`, new Uint8Array(300), driver.nowMs + 1_000 + (i % 1_000));
    driver.set('lasting', new Uint8Array(300), noExpiry);
    const full = store.committedBytes;
    expect(full).toBeGreaterThan(60_000_000);
    driver.nowMs += 2_100;
    settle(driver);
    expect(store.expiredKeys).toBe(200_000);
    expect(driver.keys()).toEqual(['lasting']);
    expect(store.committedBytes).toBeLessThan(2_000_000);
    expect(store.wheel.cells).toBe(0);
  });

  it('compacts what was deleted here and there', () => {
    const driver = new StoreDriver();
    const { store } = driver;
    for (let i = 0; i < 100_000; i++) driver.set(`k${i}`, stamped(`k${i}`, i, 300), noExpiry);
    for (let i = 0; i < 100_000; i++) if (i % 4 !== 0) driver.del(`k${i}`);
    settle(driver);
    expect(store.log.committedBytes).toBeLessThan(store.log.liveUnits * 8 * 1.12);
    for (let i = 0; i < 100_000; i += 4) expect(Buffer.compare(driver.get(`k${i}`) as Uint8Array, stamped(`k${i}`, i, 300))).toBe(0);
  });

  it('holds values of any size', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ key: fc.integer({ min: 0, max: 5 }), length: fc.oneof(fc.integer({ min: 0, max: 300_000 }), fc.constantFrom(65_536, 65_487, 40_000_000)) }), { maxLength: 25 }), (writes) => {
        const driver = new StoreDriver();
        const lengths = new Map<string, number>();
        for (const { key, length } of writes) {
          if (length > 1_000_000 && lengths.has('huge')) continue;
          const name = length > 1_000_000 ? 'huge' : `k${key}`;
          driver.set(name, new Uint8Array(length).fill(length & 255), noExpiry);
          lengths.set(name, length);
          driver.store.housekeep(driver.nowMs, 1_000);
        }
        for (const [name, length] of lengths) {
          const value = driver.get(name) as Uint8Array;
          expect(value.length).toBe(length);
          expect(value.every((byte) => byte === (length & 255))).toBe(true);
        }
        for (const name of lengths.keys()) driver.del(name);
        settle(driver);
        expect(driver.store.log.liveUnits).toBe(0);
        expect(driver.store.log.committedBytes).toBeLessThanOrEqual(3 * 65_536);
      }),
      { numRuns: 15 },
    );
  });

  it.each(['always', 'sampled'] as const)('never serves an entry whose bytes changed by themselves (verify: %s)', (verify) => {
    const driver = new StoreDriver({ verify });
    const { store } = driver;
    for (let i = 0; i < 2_000; i++) driver.set(`k${i}`, stamped(`k${i}`, i, 100), noExpiry);
    for (let i = 0; i < 2_000; i += 2) driver.append(`k${i}`, Buffer.from('more'));
    let checked = 0;
    for (let i = 0; i < 2_000; i++) {
      const ref = driver.find(`k${i}`);
      store.open(ref);
      const at = store.valueStart + (i % store.valueLength);
      const bytes = store.entryBytes;
      bytes[at] ^= 1 << (i & 7);
      const value = driver.get(`k${i}`);
      if (value === undefined) checked++;
      bytes[at] ^= 1 << (i & 7);
      expect(driver.get(`k${i}`)).toBeDefined();
    }
    expect(store.damagedReads).toBe(checked);
    if (verify === 'always') expect(checked).toBe(2_000);
    else expect(checked).toBeGreaterThan(5);
    const { units } = driver.recount();
    expect(store.log.liveUnits).toBe(units);
  });

  it('checks a value that grows past what a sample covers, and shrinks again', () => {
    const driver = new StoreDriver({ verify: 'sampled', segmentBytes: 1024 * 1024 });
    for (let i = 0; i < 200; i++) {
      for (const length of [100, 70_000, 60_000, 65_537, 65_536, 10]) {
        const value = stamped(`k${i}`, length, length);
        driver.set(`k${i}`, value, noExpiry);
        expect(Buffer.compare(driver.get(`k${i}`) as Uint8Array, value)).toBe(0);
      }
    }
    expect(driver.store.damagedReads).toBe(0);
    expect(driver.store.log.liveUnits).toBe(driver.recount().units);
  });

  it('forgets the wheel cells of keys that are gone', () => {
    const driver = new StoreDriver();
    for (let i = 0; i < 100_000; i++) {
      driver.set(`k${i % 10}`, new Uint8Array(10), driver.nowMs + 86_400_000 + i);
      driver.del(`k${i % 10}`);
      if (i % 100 === 0) driver.store.housekeep(driver.nowMs, 10_000);
    }
    expect(driver.store.wheel.cells).toBeLessThan(20_000);
  });

  it('brings up far and near expiries at their time', () => {
    const driver = new StoreDriver();
    const { store } = driver;
    const delays = [1, 300, 600, 1_000, 16_384, 20_000, 4_000_000, 5_000_000, 2_000_000_000];
    for (const delay of delays) driver.set(`in ${delay}`, new Uint8Array(1), 1_000_000 + delay);
    for (const delay of delays) {
      driver.nowMs = 1_000_000 + delay - 1;
      settle(driver);
      expect(store.entryCount).toBe(delays.filter((other) => other >= delay).length);
      driver.nowMs = 1_000_000 + delay + 130;
      settle(driver);
    }
    expect(store.entryCount).toBe(0);
  });
});
