import type { Store } from '../engine/store.ts';
import { writeEntry, type Recorder } from './recorder.ts';
import { UnitBuffer } from './unit-format.ts';

const chunkBytes = 256 * 1024;
/** Changes that wait behind a slow joiner; above it the copy is given up and begun again. */
const maxWaitingBytes = 64 * 1024 * 1024;
const slotRange = 2 ** 31;

interface Running {
  /** What comes before all entries. */
  head: Uint8Array | undefined;
  readonly snapshot: number;
  /** The store's scan cursor; −1: through. */
  cursor: number;
  changes: Buffer[];
  waitingBytes: number;
}

/**
 * Copies of the store for joiners (P14): entries slot by slot beside the changes of what the scan has passed, in one order. Nothing is held twice: a chunk is
 * read from the store when it is sent. In the slot that is being scanned changes travel as whole entries, which may come twice but never old.
 */
export class Snapshots {
  readonly #store: Store;
  readonly #recorder: Recorder;
  readonly #running = new Map<string, Running>();

  constructor(store: Store, recorder: Recorder) {
    this.#store = store;
    this.#recorder = recorder;
  }

  get count(): number {
    return this.#running.size;
  }

  /** `head`: operations that the copy begins with. */
  start(to: string, snapshot: number, head?: Uint8Array): void {
    this.#running.set(to, { head, snapshot, cursor: 0, changes: [], waitingBytes: 0 });
    this.#mark();
  }

  stop(to: string, snapshot: number): void {
    if (this.#running.get(to)?.snapshot === snapshot) this.#running.delete(to);
    this.#mark();
  }

  stopAll(): void {
    this.#running.clear();
    this.#mark();
  }

  /** A unit has been written down: what the scans have passed goes with them. Returns joiners that lag too far. */
  unitWritten(): readonly string[] {
    const { ops, opCount, unit } = this.#recorder;
    const lagging: string[] = [];
    for (const [to, running] of this.#running) {
      const slot = running.cursor < 0 ? Infinity : Math.floor(running.cursor / slotRange);
      for (let i = 0; i < opCount; i++) {
        const { slot: changed, start, end } = ops[i];
        if (changed > slot || (changed === slot && running.cursor % slotRange === 0)) continue;
        running.changes.push(Buffer.from(unit.bytes.subarray(start, end)));
        running.waitingBytes += end - start;
      }
      if (running.waitingBytes > maxWaitingBytes) lagging.push(to);
    }
    for (const to of lagging) this.#running.delete(to);
    return lagging;
  }

  /** The next part, or undefined when this copy is not running any more. */
  next(to: string, snapshot: number): { readonly bytes: Uint8Array; readonly last: boolean } | undefined {
    const running = this.#running.get(to);
    if (running?.snapshot !== snapshot) return undefined;
    const parts: Uint8Array[] = running.head === undefined ? running.changes : [running.head, ...running.changes];
    let size = running.waitingBytes + (running.head?.length ?? 0);
    running.head = undefined;
    running.changes = [];
    running.waitingBytes = 0;
    const entries = new UnitBuffer();
    const refs: number[] = [];
    while (running.cursor >= 0 && size + entries.position < chunkBytes) {
      refs.length = 0;
      const next = this.#store.scanStep(running.cursor, refs);
      for (const ref of refs) if (!this.#store.isForgotten(ref)) writeEntry(entries, this.#store, this.#store.slotOf(ref), ref);
      running.cursor = next === 0 ? -1 : next;
    }
    parts.push(entries.view());
    size += entries.position;
    const last = running.cursor < 0;
    if (last) this.#running.delete(to);
    this.#mark();
    return { bytes: Buffer.concat(parts, size), last };
  }

  /** Slots that some scan is in the middle of. */
  #mark(): void {
    const { scanning } = this.#recorder;
    scanning.clear();
    for (const { cursor } of this.#running.values()) if (cursor > 0 && cursor % slotRange !== 0) scanning.add(Math.floor(cursor / slotRange));
  }
}
