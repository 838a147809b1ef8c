import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { amountOf, countOf, rateOf } from './quota-split.ts';

const shards = fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 12 });
const parts = (of: (shard: number) => number, count: number): number[] => Array.from({ length: count }, (_, shard) => of(shard));
const sum = (all: readonly number[]): number => all.reduce((a, b) => a + b, 0);

describe('splitting a quota', () => {
  it('deals out exactly what there is', () => {
    fc.assert(fc.property(shards, fc.integer({ min: 1, max: 1_000_000 }), (held, quota) => {
      const wanted = held.map((one) => one % 7);
      expect(sum(parts((shard) => rateOf(quota, held, shard), held.length))).toBeCloseTo(quota, 3);
      expect(sum(parts((shard) => amountOf(quota, held, wanted, shard), held.length))).toBeCloseTo(quota, 3);
      expect(sum(parts((shard) => countOf(quota, held, wanted, shard), held.length))).toBe(quota);
    }), { numRuns: 1_000, seed: 3 });
  });

  it('lets each have what it asks for while there is enough', () => {
    expect(parts((shard) => rateOf(100, [70, 5, 0], shard), 3).map(Math.floor)).toEqual([78, 13, 8]);
  });

  it('wastes less than a hundredth where one asks for all', () => {
    expect(rateOf(1_000, [10_000, 0, 0], 0)).toBeGreaterThan(990);
    expect(amountOf(1_000, [900, 50, 0], [10, 0, 0], 0)).toBe(950);
  });
});
