import { freeNow } from '../io/free-now.ts';
import { doubleText } from './double-text.ts';

const cr = 0x0d;
const lf = 0x0a;
const zero = 0x30;
const minus = 0x2d;
const type = { simple: 0x2b, error: 0x2d, integer: 0x3a, bulk: 0x24, array: 0x2a, map: 0x25, set: 0x7e, push: 0x3e, double: 0x2c, bigNumber: 0x28, boolean: 0x23, verbatim: 0x3d } as const;

const okLine = Buffer.from('+OK\r\n');
const nil2 = Buffer.from('$-1\r\n');
const nil3 = Buffer.from('_\r\n');
const nullArray2 = Buffer.from('*-1\r\n');
const queuedLine = Buffer.from('+QUEUED\r\n');

/** Longest header: type, sign, 19 digits, CR LF. */
const maxHeaderBytes = 24;
/** The shared buffer between turns; what a large reply needed beyond `maxKeptBytes` is given back. */
const initialBytes = 64 * 1024;
const maxKeptBytes = 1024 * 1024;
/** A reply that needs more gets all that it may ever need: pages that are not written take no memory, and it is not there twice as it grows. */
const leapBytes = 8 * 1024 * 1024;
const largestLeapBytes = 1024 * 1024 * 1024;
/** Above this an integer no longer fits the 32-bit digit loop. */
const maxInt32 = 0x7fffffff;

export type RespVersion = 2 | 3;

/**
 * Writes replies as RESP2 or RESP3 into one growing buffer that is used again every turn. One command writes exactly one reply; aggregates are a header
 * (`array(n)`, `map(n)`, `set(n)`) followed by n values (a map: n keys and n values). No strings, Buffers or closures on the hot methods.
 */
export class ReplyWriter {
  buffer: Buffer;
  /** Bytes written; the next byte goes here. */
  position = 0;
  /** Protocol of the connection being answered. */
  resp: RespVersion = 2;
  /** Error replies written since the start; callers compare before and after. */
  errorCount = 0;
  /** First word of the last error reply (`ERR`, `WRONGTYPE` …). */
  lastErrorWord = '';
  /** Bytes above which what was written is dropped and `overflowed` is set: the client is to be cut off. */
  limitBytes: number = Number.MAX_SAFE_INTEGER;
  overflowed = false;
  /** What the node has left for a large reply; the same happens above it. */
  roomBytes: () => number = () => Number.MAX_SAFE_INTEGER;

  constructor(firstBytes = initialBytes) {
    this.buffer = Buffer.allocUnsafeSlow(firstBytes);
  }

  /** Makes room for `bytes` more. Call before writing to `buffer` directly. */
  reserve(bytes: number): void {
    if (this.position + bytes > this.buffer.length) this.#grow(bytes, true);
  }

  /** False: they would be dropped, and nothing has to be written. `always`: room for them all the same. */
  #grow(bytes: number, always: boolean): boolean {
    const roomBytes = this.position + bytes > maxKeptBytes ? this.roomBytes() : this.limitBytes;
    if (this.position + bytes > Math.min(this.limitBytes, roomBytes)) {
      // The command runs to its end, for it may be in the middle of a change; what it says goes nowhere.
      this.overflowed = true;
      this.position = 0;
      if (bytes <= this.buffer.length) return true;
      if (!always) return false;
    }
    const needed = this.position + bytes;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, needed > leapBytes ? Math.min(this.limitBytes, roomBytes, largestLeapBytes) : this.buffer.length * 2));
    larger.set(this.buffer.subarray(0, this.position));
    freeNow(this.buffer);
    this.buffer = larger;
    return true;
  }

  /** Forgets what was written and keeps the buffer, unless a large reply blew it up. */
  reset(): void {
    this.position = 0;
    if (this.buffer.length <= maxKeptBytes) return;
    freeNow(this.buffer);
    this.buffer = Buffer.allocUnsafeSlow(initialBytes);
  }

  /** What was written, in a buffer that is not much larger; to be asked for before `detach`. */
  fitted(): Buffer {
    const { buffer, position } = this;
    if (buffer.length <= leapBytes || position > buffer.length / 2) return buffer;
    this.buffer = Buffer.allocUnsafeSlow(position);
    this.buffer.set(buffer.subarray(0, position));
    freeNow(buffer);
    return this.buffer;
  }

  /** Gives the buffer away (somebody still reads from it) and starts a new one. */
  detach(): void {
    this.position = 0;
    this.buffer = Buffer.allocUnsafeSlow(initialBytes);
  }

  ok(): void {
    this.raw(okLine);
  }

  queued(): void {
    this.raw(queuedLine);
  }

  /** A status line; `text` is ASCII without line breaks. */
  simple(text: string): void {
    this.reserve(text.length * 3 + 3);
    this.buffer[this.position++] = type.simple;
    this.position += this.buffer.write(text, this.position, 'latin1');
    this.#endLine();
  }

  /** `line` begins with the error word (`ERR …`, `WRONGTYPE …`); line breaks in it become spaces. */
  error(line: string): void {
    this.errorCount++;
    const space = line.indexOf(' ');
    this.lastErrorWord = space < 0 ? line : line.slice(0, space);
    const clean = /[\r\n]/.test(line) ? line.replace(/[\r\n]/g, ' ') : line;
    this.reserve(clean.length * 3 + 3);
    this.buffer[this.position++] = type.error;
    this.position += this.buffer.write(clean, this.position);
    this.#endLine();
  }

  /** A whole number within ±2^53. */
  integer(value: number): void {
    this.#header(type.integer, value);
  }

  /** A 64-bit signed number that may lie beyond 2^53. */
  integer64(value: bigint): void {
    this.#textLine(type.integer, value.toString());
  }

  bulk(bytes: Uint8Array, start: number, length: number): void {
    if (this.position + length + maxHeaderBytes + 2 > this.buffer.length && !this.#grow(length + maxHeaderBytes + 2, false)) return;
    this.#header(type.bulk, length);
    const { buffer } = this;
    const at = this.position;
    if (length < 48) {
      for (let i = 0; i < length; i++) buffer[at + i] = bytes[start + i];
    } else {
      buffer.set(bytes.subarray(start, start + length), at);
    }
    buffer[at + length] = cr;
    buffer[at + length + 1] = lf;
    this.position = at + length + 2;
  }

  /**
   * Writes the header of a bulk of `length` bytes and returns where in `buffer` its bytes go; the caller fills exactly that many
   * (from wherever they lie, without a copy in between). The line end is written already.
   */
  bulkSpace(length: number): number {
    this.reserve(length + maxHeaderBytes + 2);
    this.#header(type.bulk, length);
    const at = this.position;
    this.buffer[at + length] = cr;
    this.buffer[at + length + 1] = lf;
    this.position = at + length + 2;
    return at;
  }

  bulkBytes(bytes: Uint8Array): void {
    this.bulk(bytes, 0, bytes.length);
  }

  /** UTF-8. */
  bulkString(text: string): void {
    const length = Buffer.byteLength(text);
    const at = this.bulkSpace(length);
    this.buffer.write(text, at);
  }

  /** One byte per character; for text that holds bytes (keys kept as latin1 strings). */
  bulkLatin1(text: string): void {
    const at = this.bulkSpace(text.length);
    this.buffer.write(text, at, 'latin1');
  }

  /** A whole number as a bulk string. */
  bulkInteger(value: number): void {
    this.bulkLatin1(String(value));
  }

  nil(): void {
    this.raw(this.resp === 3 ? nil3 : nil2);
  }

  nullArray(): void {
    this.raw(this.resp === 3 ? nil3 : nullArray2);
  }

  array(count: number): void {
    this.#header(type.array, count);
  }

  /** `count` pairs follow: 2 × count values. */
  map(count: number): void {
    if (this.resp === 3) this.#header(type.map, count);
    else this.#header(type.array, count * 2);
  }

  set(count: number): void {
    this.#header(this.resp === 3 ? type.set : type.array, count);
  }

  /** An out-of-band message: `>` for RESP3, an ordinary array for RESP2. */
  push(count: number): void {
    this.#header(this.resp === 3 ? type.push : type.array, count);
  }

  double(value: number): void {
    const text = doubleText(value);
    if (this.resp === 3) this.#textLine(type.double, text);
    else this.bulkLatin1(text);
  }

  /** Decimal digits, with a sign if negative. */
  bigNumber(digits: string): void {
    if (this.resp === 3) this.#textLine(type.bigNumber, digits);
    else this.bulkLatin1(digits);
  }

  boolean(value: boolean): void {
    if (this.resp === 3) this.#textLine(type.boolean, value ? 't' : 'f');
    else this.#header(type.integer, value ? 1 : 0);
  }

  /** `format` is three letters: `txt` or `mkd`. */
  verbatim(format: 'txt' | 'mkd', text: string): void {
    if (this.resp !== 3) return this.bulkString(text);
    const length = Buffer.byteLength(text) + 4;
    this.reserve(length + maxHeaderBytes + 2);
    this.#header(type.verbatim, length);
    this.position += this.buffer.write(`${format}:`, this.position, 'latin1');
    this.position += this.buffer.write(text, this.position);
    this.#endLine();
  }

  /** Bytes that are RESP already. */
  raw(bytes: Uint8Array): void {
    const { length } = bytes;
    if (this.position + length > this.buffer.length && !this.#grow(length, false)) return;
    const { buffer } = this;
    const at = this.position;
    if (length < 48) {
      for (let i = 0; i < length; i++) buffer[at + i] = bytes[i];
    } else {
      buffer.set(bytes, at);
    }
    this.position = at + length;
  }

  /** Begins an aggregate whose length is known only later: write its values, then close the mark. Marks nest. */
  deferred(): number {
    return this.position;
  }

  closeArray(mark: number, count: number): void {
    this.#insertHeader(mark, type.array, count);
  }

  closeMap(mark: number, count: number): void {
    this.#insertHeader(mark, this.resp === 3 ? type.map : type.array, this.resp === 3 ? count : count * 2);
  }

  closeSet(mark: number, count: number): void {
    this.#insertHeader(mark, this.resp === 3 ? type.set : type.array, count);
  }

  /** The values of a deferred aggregate are moved behind the header that turned out to belong in front of them. */
  #insertHeader(mark: number, kind: number, count: number): void {
    const end = this.position;
    this.#header(kind, count);
    const header = Buffer.from(this.buffer.subarray(end, this.position));
    this.buffer.copyWithin(mark + header.length, mark, end);
    this.buffer.set(header, mark);
  }

  #header(kind: number, value: number): void {
    this.reserve(maxHeaderBytes);
    const { buffer } = this;
    let at = this.position;
    buffer[at++] = kind;
    if (value >= 0 && value <= maxInt32) {
      at = writeDigits(buffer, at, value | 0);
    } else if (value < 0 && value >= -maxInt32) {
      buffer[at++] = minus;
      at = writeDigits(buffer, at, -value | 0);
    } else {
      at += buffer.write(wholeNumberText(value), at, 'latin1');
    }
    buffer[at] = cr;
    buffer[at + 1] = lf;
    this.position = at + 2;
  }

  #textLine(kind: number, text: string): void {
    this.reserve(text.length + 3);
    this.buffer[this.position++] = kind;
    this.position += this.buffer.write(text, this.position, 'latin1');
    this.#endLine();
  }

  #endLine(): void {
    this.buffer[this.position++] = cr;
    this.buffer[this.position++] = lf;
  }
}

/** `String` switches to exponents at 1e21; a reply never may. */
function wholeNumberText(value: number): string {
  return Math.abs(value) < 1e21 ? String(value) : BigInt(value).toString();
}

/** Digits of 0 … 2^31-1 at `at`, without a string; returns the position behind them. */
function writeDigits(buffer: Uint8Array, at: number, value: number): number {
  if (value < 10) {
    buffer[at] = zero + value;
    return at + 1;
  }
  let end = at + digitCount(value);
  const after = end;
  let rest = value;
  while (rest >= 10) {
    const next = (rest / 10) | 0;
    buffer[--end] = zero + (rest - next * 10);
    rest = next;
  }
  buffer[--end] = zero + rest;
  return after;
}

function digitCount(value: number): number {
  if (value < 100) return 2;
  if (value < 1000) return 3;
  if (value < 10_000) return 4;
  if (value < 100_000) return 5;
  if (value < 1_000_000) return 6;
  if (value < 10_000_000) return 7;
  if (value < 100_000_000) return 8;
  return value < 1_000_000_000 ? 9 : 10;
}
