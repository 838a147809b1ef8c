import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evenPartOf, giftsOf, rateGiftsOf, rateOf } from './quota-split.ts';

const shards = fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 12 });
const parts = (of: (shard: number) => number, count: number): number[] => Array.from({ length: count }, (_, shard) => of(shard));
const sum = (all: readonly number[]): number => all.reduce((a, b) => a + b, 0);

describe('splitting a rate', () => {
  it('deals out exactly what there is', () => {
    fc.assert(fc.property(shards, fc.integer({ min: 1, max: 1_000_000 }), (asked, quota) => {
      expect(sum(parts((shard) => rateOf(quota, asked, shard), asked.length))).toBeCloseTo(quota, 3);
      expect(sum(parts((shard) => evenPartOf(quota, asked.length, shard, true), asked.length))).toBe(quota);
    }), { numRuns: 500, seed: 3 });
  });

  it('lets each have what it asks for while there is enough', () => {
    expect(parts((shard) => rateOf(100, [70, 5, 0], shard), 3).map(Math.floor)).toEqual([78, 13, 8]);
  });

  it('wastes less than a hundredth where one asks for all', () => {
    expect(rateOf(1_000, [10_000, 0, 0], 0)).toBeGreaterThan(990);
  });
});

describe('splitting an amount', () => {
  it('leaves an idle shard something to begin with, however much another wants', () => {
    const idle = { held: 0, wanted: 0, part: 500 };
    const eager = { held: 500, wanted: 1_000, part: 500 };
    expect(giftsOf(1_000, [idle, eager], 0)).toEqual([0, 375]);
    expect(giftsOf(1_000, [idle, eager], 1)).toEqual([0, 0]);
    // And nearly all goes to who wants it within a few reports.
    expect(giftsOf(1_000, [{ ...idle, part: 125 }, { ...eager, held: 996, part: 875 }], 0)).toEqual([0, 124]);
  });

  it('leaves each the first, where there is one for each, but to those who hold all that they have', () => {
    const idle = { held: 0, wanted: 0, part: 1 };
    // Somebody was refused and has gone.
    expect(giftsOf(3, [idle, { held: 0, wanted: 1, part: 1 }, idle], 0, 1)).toEqual([0, 0, 0]);
    expect(giftsOf(3, [idle, { held: 1, wanted: 1, part: 1 }, idle], 0, 1)).toEqual([0, 1, 0]);
    // And has it back when it is free again, without asking.
    expect(giftsOf(3, [{ ...idle, part: 0 }, { held: 0, wanted: 0, part: 3 }, { ...idle, part: 0 }], 1, 1)).toEqual([1, 0, 1]);
  });

  it('gives nothing that is held, to nobody who wants nothing, and all of it to those who want', () => {
    const amount = fc.record({ held: fc.nat(300), wanted: fc.nat(50), part: fc.nat(300) });
    fc.assert(fc.property(fc.array(amount, { minLength: 2, maxLength: 8 }), fc.nat(1), (amounts, least) => {
      const gifts = giftsOf(1_000, amounts, 0, least);
      expect(gifts.every((gift, shard) => Number.isInteger(gift) && (gift === 0 || (shard !== 0 && (amounts[shard].wanted > 0 || amounts[shard].held > amounts[shard].part || amounts[shard].part < least))))).toBe(true);
      expect(sum(gifts)).toBeLessThanOrEqual(Math.max(0, amounts[0].part - amounts[0].held));
    }), { numRuns: 500, seed: 5 });
  });
});

describe('moving parts of a rate', () => {
  it('moves exactly what is missing elsewhere, when all know the same', () => {
    const asked = [4_000, 10, 0];
    const before = parts(() => 1_000, 3);
    const after = before.map((part, shard) => part + sum(parts((giver) => rateGiftsOf(3_000, asked, before, giver)[shard], 3)) - sum(rateGiftsOf(3_000, asked, before, shard)));
    expect(sum(after)).toBeCloseTo(3_000, 6);
    expect(after.map((part, shard) => Math.abs(part - rateOf(3_000, asked, shard)) < 1e-6)).toEqual([true, true, true]);
  });
});
