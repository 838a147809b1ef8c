import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideShards, type AutoscalingInput, type AutoscalingState } from './decide.ts';

const mib = 2 ** 20;
const input = (more: Partial<AutoscalingInput> & { readonly usedMib?: number; readonly ops?: number } = {}): AutoscalingInput => ({
  bounds: { minShards: 2, maxShards: 10, targetMemoryPercent: 50 },
  shards: 4,
  memoryBytes: 100 * mib,
  loads: [{ name: 'east', memoryBytes: (more.usedMib ?? 200) * mib, opsPerSecond: more.ops ?? 0 }],
  state: {},
  nowMs: Date.parse('2026-11-21T12:00:00Z'),
  ...more,
});
const later = (minutes: number): Partial<AutoscalingInput> => ({ nowMs: Date.parse('2026-11-21T12:00:00Z') + minutes * 60_000 });

describe('autoscaling', () => {
  it('grows at once, at most to twice, and says why', () => {
    expect(decideShards(input({ usedMib: 290 }))).toMatchObject({ shards: 6, state: { message: '6 shards instead of 4: region east holds 290 MiB, 50% of 100 MiB a shard are aimed at' } });
    expect(decideShards(input({ usedMib: 4000 })).shards).toBe(8);
    expect(decideShards(input({ usedMib: 4000, shards: 8 })).shards).toBe(10);
  });

  it('does not grow again within a minute, nor for a little', () => {
    const { state } = decideShards(input({ usedMib: 290 }));
    expect(decideShards(input({ usedMib: 400, shards: 6, state })).shards).toBe(6);
    expect(decideShards(input({ usedMib: 400, shards: 6, state, ...later(1) })).shards).toBe(8);
    expect(decideShards(input({ usedMib: 205 })).shards).toBe(4);
  });

  it('shrinks only after ten minutes of low load, not under its own thresholds, at most to half', () => {
    const first = decideShards(input({ usedMib: 100 }));
    expect(first.shards).toBe(4);
    expect(decideShards(input({ usedMib: 100, state: first.state, ...later(9) })).shards).toBe(4);
    expect(decideShards(input({ usedMib: 100, state: first.state, ...later(10) })).shards).toBe(3);
    expect(decideShards(input({ usedMib: 1, shards: 10, state: first.state, ...later(10) })).shards).toBe(5);
    expect(decideShards(input({ usedMib: 1, shards: 2, ...later(10) })).shards).toBe(2);
    // A load that was up in between begins the wait anew.
    const up = decideShards(input({ usedMib: 200, state: first.state, ...later(5) }));
    expect(decideShards(input({ usedMib: 100, state: up.state, ...later(10) })).shards).toBe(4);
  });

  it('goes by operations too, by the region and the measure that needs most', () => {
    const bounds = { minShards: 1, maxShards: 10, targetMemoryPercent: 50, targetOpsPerShard: 1000 };
    expect(decideShards(input({ bounds, ops: 5500 })).shards).toBe(6);
    expect(decideShards(input({ bounds, ops: 100, usedMib: 290 })).shards).toBe(6);
  });

  it('keeps to the bounds whatever the load, and to what is while nothing is known', () => {
    expect(decideShards(input({ shards: 1 })).shards).toBe(2);
    expect(decideShards(input({ shards: 40 })).shards).toBe(10);
    expect(decideShards(input({ loads: undefined })).shards).toBe(4);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 1, max: 40 }), (usedMib, shards) => {
        const decided = decideShards(input({ usedMib, shards })).shards;
        expect(decided).toBeGreaterThanOrEqual(2);
        expect(decided).toBeLessThanOrEqual(10);
      }),
    );
  });

  it('comes to rest under any steady load', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2000 }), (usedMib) => {
        let shards = 4;
        let state: AutoscalingState = {};
        const seen: number[] = [];
        for (let minute = 0; minute < 200; minute += 1) {
          ({ shards, state } = decideShards(input({ usedMib, shards, state, ...later(minute) })));
          seen.push(shards);
        }
        expect(new Set(seen.slice(100)).size).toBe(1);
      }),
    );
  });
});
