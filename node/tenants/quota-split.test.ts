import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evenPartOf, nextPartOf, rateOf, type Amount } from './quota-split.ts';

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
    expect(nextPartOf(1_000, [idle, eager], 0, true)).toBe(125);
    expect(nextPartOf(1_000, [{ ...idle, part: 125 }, eager], 1, true)).toBe(875);
    // And nearly all goes to who wants it within a few reports.
    expect(nextPartOf(1_000, [{ ...idle, part: 125 }, { ...eager, held: 996, part: 875 }], 0, true)).toBe(1);
  });
});

/** Shards that report in turn, each seeing what the others last said, and take what their part lets them in between. */
class Shards {
  readonly held: number[];
  readonly part: number[];
  readonly wanted: number[];
  readonly reported: Amount[];
  readonly quota: number;
  readonly whole: boolean;

  constructor(quota: number, count: number, whole: boolean) {
    this.quota = quota;
    this.whole = whole;
    this.part = parts((shard) => evenPartOf(quota, count, shard, whole), count);
    this.held = this.part.map(() => 0);
    this.wanted = this.part.map(() => 0);
    this.reported = this.part.map((part) => ({ held: 0, wanted: 0, part }));
  }

  take(shard: number, amount: number): void {
    const taken = Math.max(0, Math.min(amount, this.part[shard] - this.held[shard]));
    this.held[shard] += this.whole ? Math.floor(taken) : taken;
    this.wanted[shard] += amount - taken;
  }

  report(shard: number): void {
    this.part[shard] = nextPartOf(this.quota, this.reported.with(shard, { ...this.reported[shard], held: this.held[shard], part: this.part[shard] }), shard, this.whole);
    this.reported[shard] = { held: this.held[shard], wanted: this.wanted[shard], part: this.part[shard] };
    this.wanted[shard] = 0;
  }
}

describe('splitting an amount', () => {
  it('never lets all together hold more than there is, and lets who wants it have all of it', () => {
    const steps = fc.array(fc.record({ shard: fc.nat(5), amount: fc.nat(40), gives: fc.boolean() }), { maxLength: 60 });
    fc.assert(fc.property(steps, fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 6 }), fc.boolean(), (all, quota, count, whole) => {
      const region = new Shards(quota, count, whole);
      for (const { shard, amount, gives } of all) {
        const at = shard % count;
        if (gives) region.held[at] = Math.max(0, region.held[at] - amount);
        else region.take(at, amount);
        region.report((at + amount) % count);
        expect(sum(region.held)).toBeLessThanOrEqual(quota + 1e-6);
      }
      for (let round = 0; round < 60; round++) {
        region.take(0, quota);
        for (let shard = 0; shard < count; shard++) region.report(shard);
        expect(sum(region.held)).toBeLessThanOrEqual(quota + 1e-6);
      }
      expect(sum(region.held)).toBeGreaterThan(quota * 0.99 - 1e-6);
    }), { numRuns: 500, seed: 5 });
  });
});
