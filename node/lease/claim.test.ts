import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ShardConfig } from '../replication/config.ts';
import { mayClaim, newbornPatienceMs, newClaim, replacedPatienceMs, stepClaim, type Claimant, type ClaimEffect, type ClaimEvent, type ClaimState } from './claim.ts';
import type { WriteOutcome } from './port.ts';

const claimant = (ordinal: number, life = 1, uid = `uid-${ordinal}`): Claimant => ({ pod: `c-r-s0-${ordinal}`, podUid: uid, ordinal, incarnation: String(life).padStart(32, '0') });
const newborn: ShardConfig = { resourceVersion: '1', leaseUid: 'lease', epoch: 0, revision: 0, primary: undefined, isr: [], incarnations: {}, podUids: {}, witness: undefined, nonce: 'born' };

/** The Lease as the API server keeps it: one write wins per resourceVersion. */
function server(first: ShardConfig = newborn) {
  let stored = first;
  let version = Number(first.resourceVersion);
  return {
    get stored() {
      return stored;
    },
    put(config: ShardConfig): WriteOutcome {
      if (config.resourceVersion !== stored.resourceVersion) return { outcome: 'conflict' };
      stored = { ...config, resourceVersion: String(++version) };
      return { outcome: 'ok', config: stored };
    },
  };
}

let nonces = 0;
const step = (s: ClaimState, event: ClaimEvent, nowMs = 0): readonly ClaimEffect[] => stepClaim(s, event, nowMs, `nonce-${++nonces}`, 0.5);
const sees = (config: ShardConfig): ClaimEvent => ({ type: 'read', sight: { kind: 'config', config } });
const written = (result: WriteOutcome): ClaimEvent => ({ type: 'written', result });
const wish = (effects: readonly ClaimEffect[]): ShardConfig => (effects.find((effect) => effect.type === 'write') as Extract<ClaimEffect, { type: 'write' }>).config;

describe('claiming a shard that was just born', () => {
  it('lets the first pod take it at once, in epoch 1, alone in sync', () => {
    const kube = server();
    const first = newClaim(claimant(0));
    expect(step(first, { type: 'start' })).toEqual([{ type: 'read' }]);
    const config = wish(step(first, sees(kube.stored)));
    const effects = step(first, written(kube.put(config)));
    expect(effects).toEqual([{ type: 'serve', config: kube.stored }]);
    expect(kube.stored).toMatchObject({ epoch: 1, primary: 'c-r-s0-0', isr: ['c-r-s0-0'], incarnations: { 'c-r-s0-0': claimant(0).incarnation }, podUids: { 'c-r-s0-0': 'uid-0' } });
  });

  it('lets another pod take it only when the first has not come for long', () => {
    const second = newClaim(claimant(1));
    expect(step(second, sees(newborn), 0).map(({ type }) => type)).toEqual(['stand-by', 'wake']);
    expect(step(second, sees(newborn), newbornPatienceMs - 1).map(({ type }) => type)).toEqual(['stand-by', 'wake']);
    expect(step(second, sees(newborn), newbornPatienceMs).map(({ type }) => type)).toEqual(['write']);
  });

  it('counts patience anew when the Lease has changed (P3)', () => {
    const second = newClaim(claimant(1));
    step(second, sees(newborn), 0);
    const remade = { ...newborn, leaseUid: 'another', nonce: 'again' };
    expect(step(second, sees(remade), newbornPatienceMs).map(({ type }) => type)).toEqual(['stand-by', 'wake']);
  });
});

describe('who may claim (B1, all copies gone)', () => {
  const led = { ...newborn, epoch: 4, primary: 'c-r-s0-0', isr: ['c-r-s0-0'], incarnations: { 'c-r-s0-0': 'f'.repeat(32) }, podUids: { 'c-r-s0-0': 'uid-0' } };

  it('a restarted container of the same pod may at once: its own start proves the old memory gone', () => {
    expect(mayClaim(claimant(0), led)).toBe(0);
  });

  it('a new pod of the same name waits until the lease of the old one is over', () => {
    expect(mayClaim(claimant(0, 2, 'uid-new'), led)).toBe(replacedPatienceMs);
  });

  it('another pod never may', () => {
    expect(mayClaim(claimant(1), led)).toBe('c-r-s0-0 leads the shard');
  });

  it('nobody may while another copy is in sync', () => {
    expect(mayClaim(claimant(0), { ...led, isr: ['c-r-s0-0', 'c-r-s0-1'] })).toContain('another copy');
  });

  it('nobody may while the shard is fenced', () => {
    expect(mayClaim(claimant(0), { ...led, primary: undefined })).toBe('the shard is fenced');
  });

  it('the first pod may when an adopted shard begins anew, above the epochs of the earlier cluster', () => {
    expect(mayClaim(claimant(0), { ...newborn, epoch: 1001 })).toBe(0);
    expect(mayClaim(claimant(1), { ...newborn, epoch: 1001 })).toBe(newbornPatienceMs);
  });
});

describe('settling (P11)', () => {
  it('a lost answer of a write that happened is found by its nonce', () => {
    const kube = server();
    const first = newClaim(claimant(0));
    kube.put(wish(step(first, sees(kube.stored))));
    expect(step(first, written({ outcome: 'unknown' })).map(({ type }) => type)).toEqual(['wake']);
    expect(step(first, { type: 'wake' })).toEqual([{ type: 'read' }]);
    expect(step(first, sees(kube.stored))).toEqual([{ type: 'serve', config: kube.stored }]);
  });

  it('a lost answer of a write that has not happened repeats the very same change', () => {
    const kube = server();
    const first = newClaim(claimant(0));
    const config = wish(step(first, sees(kube.stored)));
    step(first, written({ outcome: 'unknown' }));
    step(first, { type: 'wake' });
    expect(wish(step(first, sees(kube.stored)))).toBe(config);
  });

  it('a conflict alone is not taken for a defeat', () => {
    const kube = server();
    const first = newClaim(claimant(0));
    kube.put(wish(step(first, sees(kube.stored))));
    expect(step(first, written({ outcome: 'conflict' }))).toEqual([{ type: 'read' }]);
    expect(step(first, sees(kube.stored))).toEqual([{ type: 'serve', config: kube.stored }]);
  });

  it('of all that claim at once, however answers are lost, exactly one serves each epoch', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat({ max: 2 }), fc.constantFrom('ok', 'lost', 'late', 'read')), { maxLength: 60 }), (script) => {
        const kube = server();
        const claims = [0, 0, 0].map((ordinal, life) => newClaim(claimant(ordinal, life + 1)));
        const servedBy = new Map<number, number>();
        const late: ShardConfig[] = [];
        const follow = (who: number, effects: readonly ClaimEffect[], fate: string): void => {
          for (const effect of effects) {
            if (effect.type === 'serve') {
              expect(servedBy.get(effect.config.epoch) ?? who).toBe(who);
              servedBy.set(effect.config.epoch, who);
            } else if (effect.type === 'write') {
              if (fate === 'late') late.push(effect.config);
              const result = fate === 'late' ? { outcome: 'unknown' as const } : kube.put(effect.config);
              follow(who, step(claims[who], written(fate === 'lost' ? { outcome: 'unknown' } : result)), 'ok');
            }
          }
        };
        for (const [who, fate] of script) {
          if (late.length > 0 && fate === 'read') kube.put(late.pop() as ShardConfig);
          follow(who, step(claims[who], sees(kube.stored), 1e6), fate);
        }
      }),
    );
  });
});

describe('a Lease that cannot be served from', () => {
  const serving = (): ClaimState => {
    const kube = server();
    const first = newClaim(claimant(0));
    step(first, written(kube.put(wish(step(first, sees(kube.stored))))));
    return first;
  };

  it.each([
    ['missing', { kind: 'missing' }, 'the shard has no Lease yet'],
    ['nonsense', { kind: 'nonsense', reason: 'leaseTransitions x', resourceVersion: '1', leaseUid: 'u' }, 'the Lease makes no sense: leaseTransitions x'],
  ] as const)('%s: a node that starts reports it, serves nothing and looks again', (_what, sight, reason) => {
    const effects = step(newClaim(claimant(0)), { type: 'read', sight });
    expect(effects).toMatchObject([{ type: 'stand-by', reason }, { type: 'wake' }]);
  });

  it('a running primary goes on: nobody can take over from such a Lease', () => {
    expect(step(serving(), { type: 'read', sight: { kind: 'nonsense', reason: 'x', resourceVersion: '1', leaseUid: 'u' } })).toEqual([]);
  });

  it('never obeys one older than it has seen (P4)', () => {
    const first = newClaim(claimant(1));
    step(first, sees({ ...newborn, epoch: 5, primary: 'c-r-s0-0', isr: ['c-r-s0-0'], incarnations: { 'c-r-s0-0': 'f'.repeat(32) } }));
    expect(step(first, sees(newborn), 1e9)).toMatchObject([{ type: 'stand-by', reason: 'the Lease went back from epoch 5 to 0' }, { type: 'wake' }]);
  });

  it('stops serving when another leads under a higher epoch', () => {
    const first = serving();
    const taken = { ...newborn, resourceVersion: '9', epoch: 2, primary: 'c-r-s0-1', isr: ['c-r-s0-1'], incarnations: { 'c-r-s0-1': 'e'.repeat(32) }, nonce: 'other' };
    expect(step(first, { type: 'doubt' })).toEqual([{ type: 'read' }]);
    expect(step(first, sees(taken))).toEqual([{ type: 'stand-by', config: taken, reason: 'c-r-s0-1 leads the shard' }]);
  });
});
