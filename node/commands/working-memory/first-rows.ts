import type { ElementRows } from './element-rows.ts';
import { sink, sortRows, type Sortable } from './sort-rows.ts';
import type { WorkingMemory } from './working-memory.ts';

/**
 * The first `most` of the elements that are offered, in order of their weights and then of their bytes: no more of them than that are kept. Where all are wanted
 * they are only sorted at the end.
 */
export class FirstRows {
  readonly weights: Float64Array;
  /** After `sort`: the elements' rows, first to last. */
  readonly order: Int32Array;
  count = 0;
  readonly #rows: ElementRows;
  readonly #most: number;
  readonly #items: Sortable;

  /** `most` elements at most, of no more than `offered`; `sign` -1 turns the order of bytes round. */
  constructor(memory: WorkingMemory, rows: ElementRows, most: number, offered: number, sign: 1 | -1) {
    const kept = Math.min(most, offered);
    this.#rows = rows;
    this.#most = kept < offered ? kept : Infinity;
    this.weights = memory.doubles(kept);
    this.order = memory.words(kept);
    this.#items = { weights: this.weights, rows: this.order, tie: (left, right) => sign * rows.compare(left, right) };
  }

  offer(weight: number, bytes: Uint8Array, start: number, length: number): void {
    const { weights, order } = this;
    if (this.count < this.#most) {
      weights[this.count] = weight;
      order[this.count] = this.#rows.add(bytes, start, length);
      this.count += 1;
      if (this.count === this.#most) this.#makeHeap();
      return;
    }
    if (this.#most === 0 || weight > weights[0]) return;
    const candidate = this.count;
    this.#rows.set(candidate, bytes, start, length);
    if (weight === weights[0] && this.#items.tie(candidate, order[0]) >= 0) return;
    weights[0] = weight;
    this.#rows.set(order[0], bytes, start, length);
    sink(this.#items, 0, 0, this.count);
  }

  sort(): void {
    sortRows(this.#items, this.count);
  }

  #makeHeap(): void {
    for (let i = (this.count >> 1) - 1; i >= 0; i--) sink(this.#items, 0, i, this.count);
  }
}
