import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OwnershipMap } from '../../../shared/kube/documents.ts';
import { evenSplit } from '../../../shared/slots/ranges.ts';
import { emptyLedger, servingShards } from './ledger.ts';
import { changeMap, nextBatch, parseTargets } from './map-change.ts';

const mapOf = (shards: number): OwnershipMap => ({ formatVersion: 1, version: 1, ranges: evenSplit(shards).map((range, shard) => ({ ...range, shard, generation: 1 })), moves: [] });
const limits = { leastSlots: 64, mostSlots: 1024, batchBytes: 1_000 };

describe('the ownership map', () => {
  it('V1: gives every slot to one shard, under a generation that only rises, whatever is ordered and closed', () => {
    const change = fc.record({ from: fc.integer({ min: 0, max: 16_383 }), length: fc.integer({ min: 0, max: 3_000 }), source: fc.integer({ min: 0, max: 3 }), target: fc.integer({ min: 0, max: 3 }), close: fc.boolean() });
    fc.assert(fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
      let map = mapOf(4);
      changes.forEach(({ from, length, source, target, close }, i) => {
        const next = changeMap(map, [{ id: `m${i}`, from, to: Math.min(16_383, from + length), source, target }], close ? map.moves.slice(0, 1).map(({ id }) => id) : []);
        if (next === undefined) return;
        expect(next.version).toBe(map.version + 1);
        let at = 0;
        for (const range of next.ranges) {
          expect(range.from).toBe(at);
          at = range.to + 1;
          for (const old of map.ranges) if (old.from <= range.to && range.from <= old.to) expect(range.generation).toBeGreaterThanOrEqual(old.generation + (old.shard === range.shard ? 0 : 1));
        }
        expect(at).toBe(16_384);
        map = next;
      });
    }), { numRuns: 60 });
  });

  it('orders nothing that is not the source\'s or moves already', () => {
    const map = mapOf(2);
    const order = { id: 'a', from: 0, to: 99, source: 0, target: 1 };
    const ordered = changeMap(map, [order], []);
    expect(ordered?.ranges.map(({ from, to, shard, generation }) => [from, to, shard, generation])).toEqual([[0, 99, 1, 2], [100, 8191, 0, 1], [8192, 16383, 1, 1]]);
    if (ordered === undefined) throw new Error('nothing was ordered');
    expect(changeMap(ordered, [{ ...order, id: 'b', from: 50, to: 150 }, { ...order, id: 'c', source: 1, from: 200, to: 210 }], [])).toBeUndefined();
    expect(changeMap(ordered, [], ['a'])?.moves).toEqual([]);
  });

  it('lets the source serve until its log says otherwise, and the target from then on', () => {
    const ordered = changeMap(mapOf(2), [{ id: 'a', from: 0, to: 99, source: 0, target: 1 }], []);
    const owner = (shard: number, ledger: typeof emptyLedger | undefined): number => servingShards(ordered, ledger, shard)[50];
    expect([owner(0, emptyLedger), owner(1, emptyLedger), owner(2, emptyLedger)]).toEqual([0, 0, 0]);
    expect(owner(0, { ...emptyLedger, released: [{ id: 'a', from: 0, to: 99, target: 1, generation: 2, state: 'sent' }] })).toBe(1);
    expect(owner(1, { ...emptyLedger, staged: [{ id: 'a', from: 0, to: 99, source: 0, session: { epoch: 1, count: 1 }, opened: 2 }] })).toBe(1);
    // A process that was not there when it may have been released.
    expect(owner(0, undefined)).toBe(1);
  });
});

describe('batches', () => {
  const targets = { formatVersion: 1, generation: 1, ranges: [{ from: 0, to: 4_095, shard: 1 }, { from: 4_096, to: 16_383, shard: 0 }] } as const;
  const targetsOf = parseTargets(targets);
  if (typeof targetsOf === 'string') throw new Error(targetsOf);

  it('have at least so many slots where there are so many, and end at so many bytes', () => {
    const batch = (bytes: number): number | undefined => {
      const found = nextBatch(mapOf(1), targetsOf, 0, new Uint8Array(16_384), () => bytes, limits);
      return found === undefined ? undefined : found.to - found.from + 1;
    };
    expect([batch(0), batch(1), batch(1_000), batch(5)]).toEqual([1_024, 1_000, 64, 200]);
  });

  it('pass over what is busy', () => {
    const busy = new Uint8Array(16_384).fill(1, 0, 4_090);
    expect(nextBatch(mapOf(1), targetsOf, 0, busy, () => 0, limits)).toEqual({ from: 4_090, to: 4_095, target: 1 });
    expect(nextBatch(mapOf(1), targetsOf, 0, busy.fill(1, 4_090, 4_096), () => 0, limits)).toBeUndefined();
  });
});

describe('targets', () => {
  it('that make no sense are told apart from those that do', () => {
    expect(parseTargets({ formatVersion: 2 })).toBe('has format 2');
    expect(parseTargets({ formatVersion: 1, generation: 1, ranges: [{ from: 5, to: 4, shard: 0 }] })).toBe('has a range that is none');
    expect(parseTargets({ formatVersion: 1, generation: 1, ranges: [{ from: 0, to: 9, shard: 0 }, { from: 9, to: 10, shard: 1 }] })).toBe('gives slot 9 to two shards');
    expect(parseTargets({ formatVersion: 1, generation: 3, ranges: [], bytesPerSecond: -1 })).toEqual({ formatVersion: 1, generation: 3, ranges: [] });
  });
});
