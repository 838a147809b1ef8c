import type { Position } from './positions.ts';

/** Before each unit: how long it is. */
export const unitHeadBytes = 4;

/** A row of units of one epoch, packed (length u32 big endian, bytes) as they travel and as the ring holds them. */
export interface PackedUnits {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly epoch: number;
  readonly count: number;
}

/**
 * The bounded ring of units a primary (and every member that may become one) keeps for those who lag (P12): packed units in one off-heap array, their places
 * in another. When it is full the oldest units go; a member that still needed them must sync in full. Units are opaque.
 *
 *   bytes   [ …newest | free | oldest… ]      what is appended at once never wraps: what does not fit behind the end starts at 0
 *   places  seq % capacity → start, length with its head, epoch
 */
export interface Backlog {
  /** Seq of the oldest and newest unit held; newest < oldest when empty. */
  readonly oldestSeq: number;
  readonly newestSeq: number;
  /** Heads of units included. */
  readonly bytesHeld: number;
  /** Takes the next unit, source[start, end); seq must be newestSeq + 1. A unit larger than the ring empties it: only full sync can carry it past this member. */
  append(epoch: number, seq: number, source: Uint8Array, start?: number, end?: number): void;
  /** Takes packed units, the first with `firstSeq`. They must fit the ring, and be well formed (`packedCount`). */
  appendPacked(firstSeq: number, units: PackedUnits): void;
  /** True when `count` units of `length` bytes with their heads can be taken without dropping one after `keepAfterSeq`. */
  fits(length: number, keepAfterSeq: number, count?: number): boolean;
  /** True when every unit after `seq` is held. */
  covers(seq: number): boolean;
  /** Calls `use` with each unit of fromSeq..toSeq in order, as a view that is valid during the call only. Units must be held. */
  each(fromSeq: number, toSeq: number, use: (epoch: number, seq: number, unit: Uint8Array) => void): void;
  /** The same without making views: bytes[start, end). */
  eachPlace(fromSeq: number, toSeq: number, use: (seq: number, bytes: Buffer, start: number, end: number) => void): void;
  /** Units from `fromSeq` on: at least one, of one epoch, in one piece, and within `maxBytes` if it is more than one. A view, valid until the next append. */
  batch(fromSeq: number, maxBytes: number): PackedUnits;
  epochOf(seq: number): number;
  /** About how many bytes the units after `seq` take. Units must be held. */
  bytesAfter(seq: number): number;
  /** Cuts off every unit after `seq`. */
  truncate(seq: number): void;
  /** Empties the ring; the next unit is seq + 1. */
  reset(position: Position): void;
}

const fields = 3;

export const readLength = (bytes: Uint8Array, at: number): number => ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;

function writeLength(bytes: Uint8Array, at: number, length: number): void {
  bytes[at] = length >>> 24;
  bytes[at + 1] = (length >>> 16) & 0xff;
  bytes[at + 2] = (length >>> 8) & 0xff;
  bytes[at + 3] = length & 0xff;
}

/** How many packed units bytes[start, end) holds; undefined when it ends within one. */
export function packedCount(bytes: Uint8Array, start: number, end: number): number | undefined {
  let count = 0;
  let at = start;
  while (at + unitHeadBytes <= end) {
    at += unitHeadBytes + readLength(bytes, at);
    count += 1;
  }
  return at === end ? count : undefined;
}

export function createBacklog(capacityBytes: number, maxUnits = Math.max(1024, capacityBytes >>> 6)): Backlog {
  const bytes = Buffer.allocUnsafeSlow(capacityBytes);
  const places = new Float64Array(maxUnits * fields);
  let oldest = 1;
  let newest = 0;
  let writeAt = 0;
  let held = 0;

  const place = (seq: number): number => (seq % maxUnits) * fields;
  const dropOldest = (): void => {
    held -= places[place(oldest) + 1];
    oldest += 1;
  };
  const empty = (): void => {
    oldest = newest + 1;
    writeAt = 0;
    held = 0;
  };
  /** Ahead of the write position lie the oldest units, in order: the oldest one is in the way when it starts within what is to be written. */
  const touchesOldest = (start: number, length: number): boolean => {
    const oldestStart = places[place(oldest)];
    return oldestStart >= start && oldestStart < start + length;
  };
  /** Room for `length` bytes in one piece at writeAt, and for `count` places. */
  const makeRoom = (length: number, count: number): void => {
    if (writeAt + length > capacityBytes) {
      // What lies between here and the end would be older than everything at the start: it goes first.
      while (oldest <= newest && places[place(oldest)] >= writeAt) dropOldest();
      writeAt = 0;
    }
    while (oldest <= newest && (newest - oldest + count >= maxUnits || touchesOldest(writeAt, length))) dropOldest();
  };
  const took = (epoch: number, start: number, length: number): void => {
    newest += 1;
    const at = place(newest);
    places[at] = start;
    places[at + 1] = length;
    places[at + 2] = epoch;
  };

  return {
    get oldestSeq() {
      return oldest;
    },
    get newestSeq() {
      return newest;
    },
    get bytesHeld() {
      return held;
    },
    append(epoch, seq, source, start = 0, end = source.length) {
      if (seq !== newest + 1) throw new RangeError(`unit ${seq} does not follow ${newest}`);
      const length = unitHeadBytes + end - start;
      if (length > capacityBytes) {
        newest = seq;
        empty();
        return;
      }
      makeRoom(length, 1);
      took(epoch, writeAt, length);
      writeLength(bytes, writeAt, end - start);
      copyBytes(source, start, end, bytes, writeAt + unitHeadBytes);
      writeAt += length;
      held += length;
    },
    appendPacked(firstSeq, { bytes: source, start, end, epoch, count }) {
      const length = end - start;
      if (firstSeq !== newest + 1 || length > capacityBytes) throw new RangeError(`units from ${firstSeq} do not follow ${newest}`);
      makeRoom(length, count);
      copyBytes(source, start, end, bytes, writeAt);
      const stop = writeAt + length;
      for (let at = writeAt; at < stop; ) {
        const unitLength = unitHeadBytes + readLength(bytes, at);
        took(epoch, at, unitLength);
        at += unitLength;
      }
      writeAt = stop;
      held += length;
    },
    fits(length, keepAfterSeq, count = 1) {
      if (length > capacityBytes || count > maxUnits) return false;
      const wraps = writeAt + length > capacityBytes;
      const start = wraps ? 0 : writeAt;
      for (let seq = oldest; seq <= newest; seq++) {
        const unitStart = places[place(seq)];
        const goes = newest - seq + count >= maxUnits || (wraps && unitStart >= writeAt) || (unitStart >= start && unitStart < start + length);
        if (!goes) return true;
        if (seq > keepAfterSeq) return false;
      }
      return true;
    },
    covers: (seq) => seq >= oldest - 1 && seq <= newest,
    each(fromSeq, toSeq, use) {
      for (let seq = fromSeq; seq <= toSeq; seq++) {
        const at = place(seq);
        use(places[at + 2], seq, bytes.subarray(places[at] + unitHeadBytes, places[at] + places[at + 1]));
      }
    },
    eachPlace(fromSeq, toSeq, use) {
      for (let seq = fromSeq; seq <= toSeq; seq++) {
        const at = place(seq);
        use(seq, bytes, places[at] + unitHeadBytes, places[at] + places[at + 1]);
      }
    },
    batch(fromSeq, maxBytes) {
      const first = place(fromSeq);
      const start = places[first];
      const epoch = places[first + 2];
      let end = start + places[first + 1];
      let count = 1;
      for (let seq = fromSeq + 1; seq <= newest; seq++) {
        const at = place(seq);
        if (places[at] !== end || places[at + 2] !== epoch || end + places[at + 1] - start > maxBytes) break;
        end += places[at + 1];
        count += 1;
      }
      return { bytes, start, end, epoch, count };
    },
    bytesAfter(seq) {
      if (seq >= newest) return 0;
      const distance = writeAt - places[place(seq + 1)];
      return distance > 0 ? distance : distance + capacityBytes;
    },
    epochOf: (seq) => places[place(seq) + 2],
    truncate(seq) {
      while (newest > seq && newest >= oldest) {
        held -= places[place(newest) + 1];
        writeAt = places[place(newest)];
        newest -= 1;
      }
      newest = Math.min(newest, seq);
      if (newest < oldest) empty();
    },
    reset(position) {
      newest = position.seq;
      empty();
    },
  };
}

/** A loop beats a call for less. */
const fewBytes = 32;
const { copy } = Buffer.prototype;

/** source[start, end) to target[at]; makes no view. */
export function copyBytes(source: Uint8Array, start: number, end: number, target: Uint8Array, at: number): void {
  if (end - start > fewBytes) copy.call(source, target, at, start, end);
  else for (let i = start; i < end; i++) target[at + i - start] = source[i];
}
