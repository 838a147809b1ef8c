import type { Position } from './positions.ts';

/**
 * The bounded ring of units a primary (and every member that may become one) keeps for those who lag (P12): bytes in one off-heap array, places of
 * units in another. When it is full the oldest units go; a member that still needed them must sync in full. Units are opaque.
 *
 *   bytes   [ …newest | free | oldest… ]      one unit never wraps: what does not fit behind the end starts at 0
 *   places  seq % capacity → start, length, epoch
 */
export interface Backlog {
  /** Seq of the oldest and newest unit held; newest < oldest when empty. */
  readonly oldestSeq: number;
  readonly newestSeq: number;
  readonly bytesHeld: number;
  /** Takes the next unit; seq must be newestSeq + 1. A unit larger than the ring empties it: only full sync can carry it past this member. */
  append(epoch: number, seq: number, unit: Uint8Array): void;
  /** True when a unit of `length` bytes can be taken without dropping one after `keepAfterSeq`. */
  fits(length: number, keepAfterSeq: number): boolean;
  /** True when every unit after `seq` is held. */
  covers(seq: number): boolean;
  /** Calls `use` with each unit of fromSeq..toSeq in order, as a view that is valid during the call only. Units must be held. */
  each(fromSeq: number, toSeq: number, use: (epoch: number, seq: number, unit: Uint8Array) => void): void;
  /** Seq of the last unit such that fromSeq..result stays within `maxBytes` (at least one unit). */
  batchEnd(fromSeq: number, maxBytes: number): number;
  epochOf(seq: number): number;
  /** Cuts off every unit after `seq`. */
  truncate(seq: number): void;
  /** Empties the ring; the next unit is seq + 1. */
  reset(position: Position): void;
}

const fields = 3;

export function createBacklog(capacityBytes: number, maxUnits = Math.max(1024, capacityBytes >>> 6)): Backlog {
  const bytes = new Uint8Array(capacityBytes);
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
    append(epoch, seq, unit) {
      if (seq !== newest + 1) throw new RangeError(`unit ${seq} does not follow ${newest}`);
      const { length } = unit;
      if (length > capacityBytes) {
        newest = seq;
        empty();
        return;
      }
      const wraps = writeAt + length > capacityBytes;
      if (wraps) {
        // What lies between here and the end would be older than everything at the start: it goes first.
        while (oldest <= newest && places[place(oldest)] >= writeAt) dropOldest();
        writeAt = 0;
      }
      while (oldest <= newest && (newest - oldest + 1 >= maxUnits || touchesOldest(writeAt, length))) dropOldest();
      bytes.set(unit, writeAt);
      const at = place(seq);
      places[at] = writeAt;
      places[at + 1] = length;
      places[at + 2] = epoch;
      writeAt += length;
      held += length;
      newest = seq;
    },
    fits(length, keepAfterSeq) {
      if (length > capacityBytes) return false;
      const wraps = writeAt + length > capacityBytes;
      const start = wraps ? 0 : writeAt;
      for (let seq = oldest; seq <= newest; seq++) {
        const unitStart = places[place(seq)];
        const goes = newest - seq + 1 >= maxUnits || (wraps && unitStart >= writeAt) || (unitStart >= start && unitStart < start + length);
        if (!goes) return true;
        if (seq > keepAfterSeq) return false;
      }
      return true;
    },
    covers: (seq) => seq >= oldest - 1 && seq <= newest,
    each(fromSeq, toSeq, use) {
      for (let seq = fromSeq; seq <= toSeq; seq++) {
        const at = place(seq);
        use(places[at + 2], seq, bytes.subarray(places[at], places[at] + places[at + 1]));
      }
    },
    batchEnd(fromSeq, maxBytes) {
      let total = 0;
      let end = fromSeq - 1;
      for (let seq = fromSeq; seq <= newest; seq++) {
        total += places[place(seq) + 1];
        if (total > maxBytes && seq > fromSeq) break;
        end = seq;
      }
      return end;
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
