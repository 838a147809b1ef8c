import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ElementRows } from './element-rows.ts';
import { FirstRows } from './first-rows.ts';
import { MemberTable } from './member-table.ts';
import { sortRows } from './sort-rows.ts';
import { NoWorkingMemory, WorkingMemory } from './working-memory.ts';

const memory = (roomBytes = Infinity): WorkingMemory => new WorkingMemory(() => roomBytes);
const textAt = (rows: ElementRows, row: number): string => {
  rows.look(row);
  return Buffer.from(rows.bytes.subarray(rows.start, rows.start + rows.length)).toString('latin1');
};

describe('rows are put in order', () => {
  it('as a list of the same numbers, whatever they are', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { maxLength: 500 }), (numbers) => {
      const weights = Float64Array.from(numbers);
      const rows = Int32Array.from(numbers, (_, i) => i);
      sortRows({ weights, rows, tie: (left, right) => left - right }, numbers.length);
      expect([...rows]).toEqual(numbers.map((_, i) => i).toSorted((a, b) => numbers[a] - numbers[b] || a - b));
      expect([...weights]).toEqual([...rows].map((row) => numbers[row]));
    }));
  });

  it.each(['ascending', 'descending', 'all the same', 'like the teeth of a saw', 'up and down'])('in no more than so many comparisons: %s', (kind) => {
    const count = 10_000;
    const numbers = Array.from({ length: count }, (_, i) => ({ ascending: i, descending: -i, 'all the same': 0, 'like the teeth of a saw': i % 7, 'up and down': Math.min(i, count - i) })[kind] as number);
    let ties = 0;
    // The weight is always the same, so that every comparison is seen.
    const rows = Int32Array.from(numbers, (_, i) => i);
    sortRows({ weights: new Float64Array(count), rows, tie: (left, right) => (ties++, numbers[left] - numbers[right]) }, count);
    expect(ties).toBeLessThan(count * Math.log2(count) * 4);
    expect(rows.every((row, i) => i === 0 || numbers[row] >= numbers[rows[i - 1]])).toBe(true);
  });

  it('the first of them only, with no more rows than that', () => {
    fc.assert(fc.property(fc.array(fc.string({ maxLength: 3 }), { maxLength: 200 }), fc.nat(210), (words, most) => {
      const taken = memory();
      const rows = new ElementRows(taken);
      const first = new FirstRows(taken, rows, most, words.length, 1);
      for (const word of words) first.offer(word.length, Buffer.from(word), 0, Buffer.byteLength(word));
      first.sort();
      const bytes = (word: string): Buffer => Buffer.from(word);
      expect(Array.from({ length: first.count }, (_, i) => textAt(rows, first.order[i]))).toEqual(words.toSorted((a, b) => a.length - b.length || bytes(a).compare(bytes(b))).slice(0, most).map((word) => bytes(word).toString('latin1')));
      expect(rows.count).toBeLessThanOrEqual(Math.min(most, words.length));
    }));
  });
});

describe('working memory', () => {
  it('finds each member once, copies what is to outlive the store, and gives everything back', () => {
    const taken = memory();
    const rows = new ElementRows(taken);
    const table = new MemberTable(taken, rows);
    const source = Buffer.from(Array.from({ length: 3000 }, (_, i) => String(i % 1500).padStart(6, '0')).join(''));
    for (let i = 0; i < 3000; i++) {
      expect(table.rowOf(i % 1500 >>> 2, source, i * 6, 6)).toBe(i % 1500);
      expect(table.isNew).toBe(i < 1500);
    }
    for (let row = 0; row < rows.count; row++) rows.own(row);
    source.fill(0);
    expect(Array.from({ length: 1500 }, (_, row) => textAt(rows, row))).toEqual(Array.from({ length: 1500 }, (_, i) => String(i).padStart(6, '0')));
    expect(taken.heldBytes).toBeGreaterThan(0);
    taken.freeAll();
    expect(taken.heldBytes).toBe(0);
  });

  it('is refused above the room there is, and counted until it is given back', () => {
    const taken = memory(100_000);
    const words = taken.words(20_000);
    expect(() => taken.bytes(30_000)).toThrow(NoWorkingMemory);
    expect(taken.heldBytes).toBe(80_000);
    taken.free(words);
    expect(taken.bytes(100_000)).toHaveLength(100_000);
  });
});
