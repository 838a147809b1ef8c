import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slotCount } from '../../shared/slots/crc16.ts';
import { evenSplit } from '../../shared/slots/ranges.ts';
import { assign } from './assign.ts';
import { countsOf, nobody, ownersOf, rangesOf, type ShardRange } from './owners.ts';
import { fulfils, quotasOf } from './quotas.ts';

const even = (shards: number): ShardRange[] => evenSplit(shards).map((range, shard) => ({ ...range, shard }));
const moved = (before: readonly ShardRange[], after: readonly ShardRange[]): number => {
  const [a, b] = [ownersOf(before), ownersOf(after)];
  return a.reduce((sum, owner, slot) => sum + (owner === b[slot] ? 0 : 1), 0);
};

/** Who owns what after anything: cancelled plans, restored maps, failed moves. */
const anyOwners = fc
  .tuple(fc.integer({ min: 1, max: 40 }), fc.array(fc.tuple(fc.nat(slotCount - 1), fc.nat(500), fc.nat(39)), { maxLength: 60 }))
  .map(([shards, edits]) => {
    const owners = ownersOf(even(shards));
    for (const [from, length, shard] of edits) owners.fill(shard % shards, from, Math.min(slotCount, from + length));
    return rangesOf(owners);
  });
const anyShares = fc.record({ shards: fc.integer({ min: 1, max: 60 }), weights: fc.option(fc.dictionary(fc.nat(59).map(String), fc.integer({ min: 1, max: 1000 }), { maxKeys: 8 }), { nil: undefined }) });

describe('which shard is to own a slot', () => {
  it('gives every slot one owner, each its part, and moves no slot that can stay', () => {
    fc.assert(
      fc.property(anyOwners, anyShares, (owned, shares) => {
        const target = assign(owned, shares);
        const owners = ownersOf(target);
        expect(owners.includes(nobody)).toBe(false);
        const counts = countsOf(owners, shares.shards);
        expect(counts).toHaveLength(shares.shards);
        expect(fulfils(counts, shares)).toBe(true);
        const before = countsOf(ownersOf(owned), shares.shards);
        const lacked = counts.reduce((sum, count, shard) => sum + Math.max(0, count - before[shard]), 0);
        expect(moved(owned, target)).toBe(lacked);
        expect(assign(owned, shares)).toEqual(target);
        expect(assign(target, shares)).toEqual(target);
      }),
      { numRuns: 200 },
    );
  });

  it('moves a quarter for the fourth shard, and back the same way', () => {
    const four = assign(even(3), { shards: 4 });
    expect(countsOf(ownersOf(four), 4)).toEqual([4096, 4096, 4096, 4096]);
    expect(moved(even(3), four)).toBe(4096);
    expect(four.filter(({ shard }) => shard === 3)).toHaveLength(3);
    expect(rangesOf(ownersOf(assign(four, { shards: 3 }))).length).toBeLessThanOrEqual(4);
  });

  it('keeps ranges whole: scaling out and in adds a range a shard at most', () => {
    let ranges: readonly ShardRange[] = even(3);
    for (const shards of [4, 8, 3, 5, 100, 3]) {
      const before = ranges.length;
      ranges = assign(ranges, { shards });
      expect(ranges.length).toBeLessThanOrEqual(before + 2 * shards);
    }
    expect(ranges.length).toBeLessThan(120);
  });

  it('follows weights', () => {
    const counts = countsOf(ownersOf(assign(even(2), { shards: 2, weights: { 1: 300 } })), 2);
    expect(counts).toEqual([4096, 12288]);
  });

  it('rounds up who has the slot already', () => {
    expect(quotasOf({ shards: 3 }, [5461, 5461, 5462])).toEqual([5461, 5461, 5462]);
    expect(quotasOf({ shards: 3 }, [5462, 5461, 5461])).toEqual([5462, 5461, 5461]);
  });

  it('leaves an even split as it is', () => {
    for (const shards of [1, 2, 3, 7, 999, 1000]) expect(assign(even(shards), { shards })).toEqual(even(shards));
  });
});
