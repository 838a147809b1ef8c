import { copyBytes } from '../replication/backlog.ts';

/**
 * A unit is what one command or one EXEC changed (P8): operations in a row, big endian. Keys come with their slot, so that nobody has to hash them again.
 *
 *   put      1 │ slot u16 │ sequence f64 │ expireAt f64 │ type u8 │ encoding u8 │ key length u32 │ value length u32 │ key │ value as the entry holds it
 *   dump     2 │ slot u16 │ sequence f64 │ expireAt f64 │ key length u32 │ payload length u32 │ key │ DUMP payload          (collections in parts)
 *   remove   3 │ slot u16 │ sequence f64 │ key length u32 │ key
 *   expire   4 │ slot u16 │ sequence f64 │ expireAt f64 │ key length u32 │ key
 *   flush    5
 *   run      6 │ slot u16 │ now f64 │ argument count u32 │ (length u32 │ bytes)*         a command whose effect follows from the state alone
 *   ledger   7 │ length u32 │ JSON                            moves of this shard, as a whole (B9)
 *   empty    8 │ slot u16                                     everything in the slot belongs to another shard: it goes
 *   reached  9 │ slot u16 │ sequence f64                      the slot's sequence at the shard that it comes from
 *   adopt   10 │ put, and behind expireAt: epoch u16 │ seconds u32        an entry with the version that it had there
 *   adoptDump 11 │ as dump
 *   forget  20 │ name length u8 │ uid length u8 │ name │ uid     a namespace was flushed
 *   renew   21 │ as expire                                    the entry's death was put off by use
 *   attach  22 │ slot u16 │ key length u32 │ length u32 │ key │ labels      tags and dependencies of the entry (engine/attachments.ts)
 *   stamped 13 │ slot u16 │ sequence f64 │ epoch u16 │ seconds u32 │ own life u8 │ key length u32 │ key      version of an entry that came as a dump (snapshots)
 *   gone    12 │ slot u16 │ key length u32 │ key              a key that is not there any more
 *
 * Bit 7 of `encoding`: the entry's writer chose its life. `sequence` is the slot's sequence after the change, so that a successor's dots go on from it (V1).
 */
export const op = { put: 1, dump: 2, remove: 3, expire: 4, flush: 5, run: 6, ledger: 7, empty: 8, reached: 9, adopt: 10, adoptDump: 11, gone: 12, stamped: 13, forget: 20, renew: 21, attach: 22 } as const;
/** In the byte of an entry's encoding. */
export const ownLifeBit = 0x80;

const noBytes = Buffer.alloc(0);
/** Its numbers are read and written without a call. */
const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Grows and is used again: no allocation per unit. */
export class UnitBuffer {
  bytes: Buffer = Buffer.allocUnsafeSlow(4096);
  position = 0;
  #view = viewOf(this.bytes);

  reset(): void {
    this.position = 0;
    if (this.bytes.length > keptBytes) this.#use(Buffer.allocUnsafeSlow(4096));
  }

  /** Writes into these bytes from now on, from their start; into larger ones of its own when they are full. */
  over(bytes: Buffer): void {
    this.position = 0;
    this.#use(bytes);
  }

  #use(bytes: Buffer): void {
    this.bytes = bytes;
    this.#view = viewOf(bytes);
  }

  room(length: number): void {
    if (this.position + length <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.position + length));
    larger.set(this.bytes.subarray(0, this.position));
    this.#use(larger);
  }

  u8(value: number): void {
    this.bytes[this.position++] = value;
  }

  u16(value: number): void {
    this.bytes[this.position++] = value >>> 8;
    this.bytes[this.position++] = value & 0xff;
  }

  u32(value: number): void {
    this.#view.setUint32(this.position, value);
    this.position += 4;
  }

  f64(value: number): void {
    this.#view.setFloat64(this.position, value);
    this.position += 8;
  }

  raw(source: Uint8Array, start: number, length: number): void {
    copyBytes(source, start, start + length, this.bytes, this.position);
    this.position += length;
  }

  view(): Buffer {
    return this.bytes.subarray(0, this.position);
  }
}

const keptBytes = 1024 * 1024;
export const opHeadBytes = 40;

export class BadUnit extends Error {}

/** Reads operations; every length is checked before use. */
export class UnitReader {
  bytes: Buffer = noBytes;
  at = 0;
  #end = 0;
  #view = viewOf(noBytes);

  constructor(bytes: Uint8Array = noBytes) {
    this.over(bytes, 0, bytes.length);
  }

  /** Begins again, with bytes[start, end). */
  over(bytes: Uint8Array, start: number, end: number): this {
    if (bytes !== this.bytes) {
      this.bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      this.#view = viewOf(bytes);
    }
    this.at = start;
    this.#end = end;
    return this;
  }

  get done(): boolean {
    return this.at >= this.#end;
  }

  #take(length: number): number {
    const { at } = this;
    if (at + length > this.#end) throw new BadUnit('a unit is cut');
    this.at = at + length;
    return at;
  }

  u8(): number {
    return this.bytes[this.#take(1)];
  }

  slot(): number {
    const slot = this.#view.getUint16(this.#take(2));
    if (slot > 16_383) throw new BadUnit(`slot ${slot}`);
    return slot;
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8));
  }

  /** Start of `length` bytes. */
  part(length: number): number {
    return this.#take(length);
  }
}
