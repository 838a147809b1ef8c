import { reverseBits } from './hash-pages.ts';

const hashRange = 2 ** 31;

/** What a snapshot needs of the store. */
export interface SnapshotSource {
  readonly slotSequence: Float64Array;
  scanStep(cursor: number, refs: number[], lastSlot?: number): number;
  sequenceOf(ref: number): number;
  slotOf(ref: number): number;
  isForgotten(ref: number): boolean;
}

/** Takes the entries of a snapshot; reads them (`store.open(ref)`) before it returns and changes nothing. */
export interface SnapshotSink {
  entry(ref: number): void;
}

/**
 * Every entry as it was when the snapshot began, without a copy of the store: a walk in slot order gives what has not changed since; an entry that is about to change before the
 * walk has come to it is given out first. What was written later has a higher sequence in its slot and is passed over.
 */
export class Snapshot {
  readonly #source: SnapshotSource;
  readonly #sink: SnapshotSink;
  readonly #cut: Float64Array;
  readonly #lastSlot: number;
  readonly #refs: number[] = [];
  #cursor: number;
  /** The walk is over. */
  done = false;
  /** The store was emptied meanwhile: what was given out is not the whole. */
  cancelled = false;

  constructor(source: SnapshotSource, sink: SnapshotSink, firstSlot: number, lastSlot: number) {
    this.#source = source;
    this.#sink = sink;
    this.#lastSlot = lastSlot;
    this.#cut = source.slotSequence.slice();
    this.#cursor = firstSlot * hashRange;
  }

  /** Walks on over at least `count` entries, if there are so many; true while there are more. */
  step(count: number): boolean {
    const refs = this.#refs;
    for (let walked = 0; walked < count && !this.done; walked += refs.length + 1) {
      refs.length = 0;
      this.#cursor = this.#source.scanStep(this.#cursor, refs, this.#lastSlot);
      this.done = this.#cursor === 0;
      for (const ref of refs) this.#give(this.#source.slotOf(ref), ref);
    }
    return !this.done;
  }

  /** Whether the walk has passed the key; changes of such keys are to be forwarded by who ships the snapshot (P14). */
  hasPassed(slot: number, hash: number): boolean {
    return this.done || slot * hashRange + reverseBits(hash) < this.#cursor;
  }

  /** The store is about to change or remove this entry. */
  beforeChange(slot: number, hash: number, ref: number): void {
    if (slot <= this.#lastSlot && !this.hasPassed(slot, hash)) this.#give(slot, ref);
  }

  #give(slot: number, ref: number): void {
    if (this.#source.sequenceOf(ref) <= this.#cut[slot] && !this.#source.isForgotten(ref)) this.#sink.entry(ref);
  }

  cancel(): void {
    this.done = true;
    this.cancelled = true;
  }
}
