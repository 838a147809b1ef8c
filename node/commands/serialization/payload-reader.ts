import { writeInteger } from '../integer-text.ts';
import { rdbLength, rdbString } from './format.ts';
import { decompressLzf } from './lzf.ts';

const maxIntegerText = 24;

/** Thrown wherever a payload is not what it says; caught by RESTORE. */
export class BadPayload extends Error {}

export function fail(): never {
  throw new BadPayload('bad payload');
}

/**
 * Reads bytes[start, end) from its beginning; every read checks that it stays inside. What was read last is the view `bytes`, `start`, `length`, and holds until
 * the read after the next: a payload of many small elements must not become many objects.
 */
export class PayloadReader {
  bytes: Uint8Array;
  start = 0;
  length = 0;
  readonly #payload: Uint8Array;
  readonly #end: number;
  readonly #view: DataView;
  #at: number;
  /** Texts of integers, in turn. */
  #text: Uint8Array = new Uint8Array(maxIntegerText);
  #otherText: Uint8Array = new Uint8Array(maxIntegerText);

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes;
    this.#payload = bytes;
    this.#at = start;
    this.#end = end;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.#end - this.#at;
  }

  byte(): number {
    return this.#payload[this.#take(1)];
  }

  double(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  uint16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  int64(): bigint {
    return this.#view.getBigInt64(this.#take(8), true);
  }

  int(bytes: 1 | 2 | 3 | 4): number {
    const at = this.#take(bytes);
    if (bytes === 1) return this.#view.getInt8(at);
    if (bytes === 2) return this.#view.getInt16(at, true);
    if (bytes === 4) return this.#view.getInt32(at, true);
    return this.#view.getUint16(at, true) + this.#view.getInt8(at + 2) * 0x10000;
  }

  /** A length or a count. */
  size(): number {
    const first = this.byte();
    return first >= rdbLength.specialMark ? fail() : this.#sizeAfter(first);
  }

  // --- what sets the view

  view(length: number): void {
    this.start = this.#take(length);
    this.bytes = this.#payload;
    this.length = length;
  }

  /** The digits of a number. */
  viewInteger(value: number): void {
    this.#otherScratch();
    this.length = writeInteger(this.bytes, 0, value);
  }

  viewInteger64(value: bigint): void {
    this.#otherScratch();
    const text = value.toString();
    for (let i = 0; i < text.length; i++) this.bytes[i] = text.charCodeAt(i);
    this.length = text.length;
  }

  string(): void {
    const first = this.byte();
    if (first < rdbLength.specialMark) return this.view(this.#sizeAfter(first));
    const encoding = first & ~rdbString.mark;
    if (encoding === rdbString.int8) return this.viewInteger(this.int(1));
    if (encoding === rdbString.int16) return this.viewInteger(this.int(2));
    if (encoding === rdbString.int32) return this.viewInteger(this.int(4));
    if (encoding !== rdbString.lzf) fail();
    const compressed = this.size();
    const plain = this.size();
    const at = this.#take(compressed);
    this.bytes = decompressLzf(this.#payload, at, at + compressed, plain) ?? fail();
    this.start = 0;
    this.length = plain;
  }

  /** A reader of the view. */
  inside(): PayloadReader {
    return new PayloadReader(this.bytes, this.start, this.start + this.length);
  }

  #otherScratch(): void {
    const text = this.#otherText;
    this.#otherText = this.#text;
    this.#text = text;
    this.bytes = text;
    this.start = 0;
  }

  #sizeAfter(first: number): number {
    if (first <= rdbLength.maxShort) return first;
    if (first < rdbLength.mark32) return ((first & rdbLength.maxShort) << 8) | this.byte();
    if (first === rdbLength.mark32) return this.#view.getUint32(this.#take(4));
    if (first !== rdbLength.mark64) fail();
    return Number(this.#view.getBigUint64(this.#take(8)));
  }

  #take(bytes: number): number {
    const at = this.#at;
    if (bytes > this.#end - at) fail();
    this.#at = at + bytes;
    return at;
  }
}
