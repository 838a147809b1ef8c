import { slotCount, slotOfKey } from '../../shared/slots/crc16.ts';
import type { SlotRange } from '../../shared/slots/ranges.ts';
import { dumpEntry } from '../commands/serialization/write-value.ts';
import { mostChunkBytes, type ChunkBounds } from '../copies/pace.ts';
import { writeLabels, type Recorder } from '../copies/recorder.ts';
import { op, opHeadBytes, ownLifeBit, UnitBuffer } from '../copies/unit-format.ts';
import { noExpiry } from '../engine/entry-layout.ts';
import type { Store } from '../engine/store.ts';
import type { ChunkRead } from '../replication/moves/source.ts';
import type { ChunkPool } from './chunk-pool.ts';

/** A page of the index comes whole: above the wanted size, a chunk may grow by it. */
const chunkSlackBytes = 64 * 1024;
export const chunkBufferBytes = mostChunkBytes + chunkSlackBytes;
/** What a page of the store's index brings beyond this is sent by its keys, in later chunks. */
const mostPageBytes = 1024 * 1024;
const slotRange = 2 ** 31;
const done = -1;
/** Mask: the clock is read once in so many keys. */
const keysPerLook = 15;

interface Copy {
  readonly span: SlotRange;
  cursor: number;
  /** Keys (latin1) that changed behind the scan: their state is sent anew, whatever happened to them, so a hot key costs no more than one entry a chunk. */
  readonly changed: Set<string>;
}

/**
 * Copies of slots on their way to another shard (P14): a scan in slot order, and the keys that changed behind it. Nothing is held twice: what is sent is read from the store
 * when it is sent.
 */
export class CopyOut {
  readonly #store: Store;
  readonly #copies = new Map<string, Copy>();
  readonly #bySlot: (Copy | undefined)[] = Array.from({ length: slotCount });
  #recorder: Recorder | undefined;
  readonly #unit = new UnitBuffer();
  readonly #refs: number[] = [];
  readonly #pool: ChunkPool;
  readonly #nowMs: () => number;

  constructor(store: Store, nowMs: () => number, pool: ChunkPool) {
    this.#store = store;
    this.#pool = pool;
    this.#nowMs = nowMs;
  }

  attach(recorder: Recorder): void {
    this.#recorder = recorder;
    this.#watch();
  }

  start(id: string, span: SlotRange): number {
    const copy: Copy = { span: { from: span.from, to: span.to }, cursor: span.from * slotRange, changed: new Set() };
    this.#copies.set(id, copy);
    this.#bySlot.fill(copy, span.from, span.to + 1);
    this.#watch();
    let bytes = 0;
    for (let slot = span.from; slot <= span.to; slot++) bytes += this.#store.slotUnits[slot] * 8;
    return bytes;
  }

  stop(id: string): void {
    const copy = this.#copies.get(id);
    if (copy === undefined) return;
    this.#copies.delete(id);
    if (this.#copies.size === 0) this.#pool.clear();
    for (let slot = copy.span.from; slot <= copy.span.to; slot++) if (this.#bySlot[slot] === copy) this.#bySlot[slot] = undefined;
    this.#watch();
  }

  changes(id: string): number {
    return this.#copies.get(id)?.changed.size ?? 0;
  }

  #watch(): void {
    if (this.#recorder !== undefined) this.#recorder.watch = this.#copies.size === 0 ? undefined : this.#onChange;
  }

  readonly #onChange = (slot: number, bytes: Uint8Array, keyStart: number, keyLength: number): void => {
    const copy = this.#bySlot[slot];
    if (copy === undefined) return;
    const { cursor } = copy;
    if (cursor !== done && (slot > Math.floor(cursor / slotRange) || (slot === Math.floor(cursor / slotRange) && cursor % slotRange === 0))) return;
    copy.changed.add(Buffer.from(bytes.buffer, bytes.byteOffset + keyStart, keyLength).toString('latin1'));
  };

  /**
   * The next part, in a buffer that is to be given back (`recycle`). `seal`: writes of these slots are paused; the last part brings the slots' sequences. Undefined: no such copy.
   */
  next(id: string, seal: boolean, bounds: ChunkBounds): ChunkRead | undefined {
    const copy = this.#copies.get(id);
    if (copy === undefined) return undefined;
    const unit = this.#unit;
    const pooled = this.#pool.take();
    unit.over(pooled);
    const isFull = (): boolean => unit.position >= bounds.bytes || (unit.position > 0 && this.#nowMs() >= bounds.untilMs);
    let keys = 0;
    for (const key of copy.changed) {
      if ((keys & keysPerLook) === 0 && isFull()) break;
      copy.changed.delete(key);
      this.#writeKey(unit, key);
      keys++;
    }
    while (copy.cursor !== done && !isFull()) keys += this.#writePage(unit, copy);
    const scanned = copy.cursor === done;
    const sealed = seal && scanned && copy.changed.size === 0;
    if (sealed) this.#writeSequences(unit, copy.span);
    if (unit.bytes !== pooled) this.#pool.give(pooled);
    return { bytes: unit.view(), keys, scanned, sealed };
  }

  /** The chunk is at the target for good, or not wanted any more. */
  recycle(bytes: Uint8Array): void {
    if (this.#copies.size > 0) this.#pool.give(bytes);
  }

  #writePage(unit: UnitBuffer, copy: Copy): number {
    const refs = this.#refs;
    const store = this.#store;
    let keys = 0;
    refs.length = 0;
    const next = store.scanStep(copy.cursor, refs, copy.span.to);
    for (const ref of refs) {
      if (store.isForgotten(ref)) continue;
      if (unit.position < mostPageBytes) writeMoved(unit, store, ref);
      else copy.changed.add(this.#keyOf(ref));
      keys++;
    }
    copy.cursor = next === 0 ? done : next;
    return keys;
  }

  #keyOf(ref: number): string {
    this.#store.open(ref);
    return Buffer.from(this.#store.entryBytes.buffer, this.#store.entryBytes.byteOffset + this.#store.keyStart, this.#store.keyLength).toString('latin1');
  }

  #writeKey(unit: UnitBuffer, name: string): void {
    const key = Buffer.from(name, 'latin1');
    const slot = slotOfKey(key);
    const ref = this.#store.locate(key, 0, key.length, slot, this.#store.hashKey(key, 0, key.length));
    if (ref !== 0 && !this.#store.isForgotten(ref)) return writeMoved(unit, this.#store, ref);
    unit.room(opHeadBytes + key.length);
    unit.u8(op.gone);
    unit.u16(slot);
    unit.u32(key.length);
    unit.raw(key, 0, key.length);
  }

  /** V1: the target's dots go on behind these. */
  #writeSequences(unit: UnitBuffer, { from, to }: SlotRange): void {
    for (let slot = from; slot <= to; slot++) {
      const sequence = this.#store.slotSequence[slot];
      if (sequence === 0) continue;
      unit.room(opHeadBytes);
      unit.u8(op.reached);
      unit.u16(slot);
      unit.f64(sequence);
    }
  }
}

/** An entry as it is, with its own dot and time. */
export function writeMoved(unit: UnitBuffer, store: Store, ref: number): void {
  const expireAt = store.expires(ref) ? store.expiryOf(ref) : noExpiry;
  const payload = store.isLarge(ref) ? dumpEntry(store, ref) : undefined;
  store.open(ref);
  const { entryBytes, keyStart, keyLength, valueStart, valueLength } = store;
  unit.room(opHeadBytes + 8 + keyLength + (payload?.length ?? valueLength));
  unit.u8(payload === undefined ? op.adopt : op.adoptDump);
  unit.u16(store.slotOf(ref));
  unit.f64(store.sequenceOf(ref));
  unit.f64(expireAt);
  if (payload === undefined) {
    unit.u16(store.epochOf(ref));
    unit.u32(store.writtenAtSeconds(ref));
    unit.u8(store.typeOf(ref));
    unit.u8(store.encodingOf(ref) | (store.hasOwnLife(ref) ? ownLifeBit : 0));
  }
  unit.u32(keyLength);
  unit.u32(payload?.length ?? valueLength);
  unit.raw(entryBytes, keyStart, keyLength);
  if (payload === undefined) unit.raw(entryBytes, valueStart, valueLength);
  else unit.raw(payload, 0, payload.length);
  if (store.attachments !== undefined) writeLabels(unit, store, store.slotOf(ref), ref);
}
