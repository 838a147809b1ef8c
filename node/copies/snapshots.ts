import type { Store } from '../engine/store.ts';
import type { ChunkBounds } from './pace.ts';
import { writeEntry, type Recorder } from './recorder.ts';
import { UnitBuffer } from './unit-format.ts';

/** Changes go in parts of about this size. */
const partBytes = 128 * 1024;
/** Changes that wait behind a slow joiner; above it the copy is given up and begun again. */
const maxWaitingBytes = 32 * 1024 * 1024;
const mostSpare = 16;
const slotRange = 2 ** 31;

interface Running {
  readonly snapshot: number;
  /** The store's scan cursor; −1: through. */
  cursor: number;
  /** What has not been sent, oldest first: changes, and behind the last of them the next entries. */
  readonly parts: UnitBuffer[];
  waitingBytes: number;
}

/**
 * Copies of the store for joiners (P14): entries slot by slot beside the changes of what the scan has passed, in one order. Nothing is held twice: a chunk is
 * read from the store when it is sent, into a buffer that is used again. In the slot that is being scanned changes travel as whole entries, which may come twice but never old.
 */
export class Snapshots {
  readonly #store: Store;
  readonly #recorder: Recorder;
  readonly #running = new Map<string, Running>();
  readonly #nowMs: () => number;
  readonly #spare: UnitBuffer[] = [];
  readonly #refs: number[] = [];
  /** What `next` has answered last: it is used again with the next call. */
  #shown: UnitBuffer | undefined;

  constructor(store: Store, recorder: Recorder, nowMs: () => number) {
    this.#store = store;
    this.#recorder = recorder;
    this.#nowMs = nowMs;
  }

  get count(): number {
    return this.#running.size;
  }

  /** `head`: operations that the copy begins with. */
  start(to: string, snapshot: number, head?: Uint8Array): void {
    const first = this.#part();
    if (head !== undefined) append(first, head, 0, head.length);
    this.#running.set(to, { snapshot, cursor: 0, parts: [first], waitingBytes: 0 });
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
        let part = running.parts[running.parts.length - 1];
        if (part.position >= partBytes) running.parts.push((part = this.#part()));
        append(part, unit.bytes, start, end);
        running.waitingBytes += end - start;
      }
      if (running.waitingBytes > maxWaitingBytes) lagging.push(to);
    }
    for (const to of lagging) this.#running.delete(to);
    return lagging;
  }

  /** Changes alone fill the next part: they do not rest, or they would queue up. */
  isBehind(to: string): boolean {
    return (this.#running.get(to)?.parts.length ?? 0) > 1;
  }

  /** The next part, good until the next call; undefined when this copy is not running any more. */
  next(to: string, snapshot: number, bounds: ChunkBounds): { readonly bytes: Uint8Array; readonly last: boolean } | undefined {
    const running = this.#running.get(to);
    if (running?.snapshot !== snapshot) return undefined;
    this.#takeBack();
    const part = running.parts.shift() as UnitBuffer;
    this.#shown = part;
    running.waitingBytes -= part.position;
    const alone = running.parts.length === 0;
    if (alone) {
      this.#scan(running, part, bounds);
      running.waitingBytes = 0;
      running.parts.push(this.#part());
    }
    const last = alone && running.cursor < 0;
    if (last) this.#running.delete(to);
    this.#mark();
    return { bytes: part.view(), last };
  }

  #scan(running: Running, part: UnitBuffer, { bytes, untilMs }: ChunkBounds): void {
    const end = part.position + bytes;
    // Who has lost the processor meanwhile must not come away with nothing.
    const least = part.position + bytes / 2;
    const refs = this.#refs;
    while (running.cursor >= 0 && part.position < end) {
      refs.length = 0;
      const next = this.#store.scanStep(running.cursor, refs);
      for (const ref of refs) if (!this.#store.isForgotten(ref)) writeEntry(part, this.#store, this.#store.slotOf(ref), ref);
      running.cursor = next === 0 ? -1 : next;
      if (part.position >= least && this.#nowMs() >= untilMs) return;
    }
  }

  #part(): UnitBuffer {
    return this.#spare.pop() ?? new UnitBuffer();
  }

  #takeBack(): void {
    if (this.#shown === undefined) return;
    this.#shown.reset();
    if (this.#running.size > 0 && this.#spare.length < mostSpare) this.#spare.push(this.#shown);
    this.#shown = undefined;
  }

  /** Slots that some scan is in the middle of. */
  #mark(): void {
    const { scanning } = this.#recorder;
    scanning.clear();
    for (const { cursor } of this.#running.values()) if (cursor > 0 && cursor % slotRange !== 0) scanning.add(Math.floor(cursor / slotRange));
  }
}

function append(part: UnitBuffer, bytes: Uint8Array, start: number, end: number): void {
  part.room(end - start);
  part.raw(bytes, start, end - start);
}
