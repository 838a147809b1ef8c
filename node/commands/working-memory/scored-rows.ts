import { NumberColumn } from './columns.ts';
import { ElementRows } from './element-rows.ts';
import { weighByBytes } from './prefix-weights.ts';
import { sortRows } from './sort-rows.ts';
import type { WorkingMemory } from './working-memory.ts';

/** Members with scores, in order once `sort` was called. */
export class ScoredRows {
  readonly rows: ElementRows;
  readonly #memory: WorkingMemory;
  readonly #scores: NumberColumn;
  /** After `sort`: scores and rows in order. */
  #ordered: Float64Array | undefined = undefined;
  #order = new Int32Array(0);

  constructor(memory: WorkingMemory) {
    this.#memory = memory;
    this.rows = new ElementRows(memory);
    this.#scores = new NumberColumn(memory);
  }

  get count(): number {
    return this.rows.count;
  }

  add(bytes: Uint8Array, start: number, length: number, score: number): void {
    this.#scores.set(this.rows.add(bytes, start, length), score);
  }

  /** The score of a row, before they are sorted. */
  scoreOf(row: number): number {
    return this.#scores.get(row);
  }

  setScore(row: number, score: number): void {
    this.#scores.set(row, score);
  }

  /** By score, then by the members' bytes. */
  sort(): void {
    const { count } = this;
    const weights = this.#memory.doubles(count);
    this.#order = this.#memory.words(count);
    for (let i = 0; i < count; i++) {
      weights[i] = this.#scores.get(i);
      this.#order[i] = i;
    }
    this.#scores.free();
    sortRows({ weights, rows: this.#order, tie: (left, right) => left - right }, count);
    this.#ordered = weights;
    for (let first = 0, end = 1; first < count; first = end) {
      for (end = first + 1; end < count && weights[end] === weights[first]; ) end++;
      if (end - first > 1) this.#sortByBytes(weights.subarray(first, end), this.#order.subarray(first, end));
    }
  }

  /** Members of the same score. */
  #sortByBytes(scores: Float64Array, rows: Int32Array): void {
    const { length } = rows;
    const tie = (left: number, right: number): number => this.rows.compare(left, right);
    // 0 and -0 are the same score and do not look the same: they stay with their rows.
    if (scores[0] === 0 && scores.some((score) => Object.is(score, -0))) return sortRows({ weights: scores, rows, tie }, length);
    const weights = this.#memory.doubles(length);
    weighByBytes(this.rows, rows, weights, 1);
    sortRows({ weights, rows, tie }, length);
    this.#memory.free(weights);
  }

  /** Looks at the member at place `i` and returns its score; `rows` shows its bytes. */
  look(i: number): number {
    this.rows.look(this.#ordered === undefined ? i : this.#order[i]);
    return this.#ordered === undefined ? this.#scores.get(i) : this.#ordered[i];
  }

  /** Copies all members out of the store. */
  own(): void {
    for (let i = 0; i < this.count; i++) this.rows.own(this.#ordered === undefined ? i : this.#order[i]);
  }

  get bytes(): number {
    let total = 0;
    for (let row = 0; row < this.count; row++) total += this.rows.lengthOf(row);
    return total;
  }

  get longestBytes(): number {
    let longest = 0;
    for (let row = 0; row < this.count; row++) longest = Math.max(longest, this.rows.lengthOf(row));
    return longest;
  }
}
