import { rdbLength, rdbString } from './format.ts';
import { decompressLzf } from './lzf.ts';

/** A part of a payload: bytes[start, end). Views hold as long as the payload's bytes do. */
export interface Part {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** Thrown wherever a payload is not what it says; caught by RESTORE. */
export class BadPayload extends Error {}

export function fail(): never {
  throw new BadPayload('bad payload');
}

export function partOf(text: string): Part {
  const bytes = Buffer.from(text, 'latin1');
  return { bytes, start: 0, end: bytes.length };
}

/** Reads a payload from its beginning; every read checks that it stays inside. */
export class PayloadReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;
  readonly #view: DataView;

  constructor({ bytes, start, end }: Part) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.#end - this.#at;
  }

  byte(): number {
    return this.#bytes[this.#take(1)];
  }

  part(length: number): Part {
    const start = this.#take(length);
    return { bytes: this.#bytes, start, end: start + length };
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

  /** A length, or a count of things of which each takes a byte at least. */
  size(): number {
    const first = this.byte();
    if (first >= rdbLength.specialMark) fail();
    return this.#sizeAfter(first);
  }

  string(): Part {
    const first = this.byte();
    if (first < rdbLength.specialMark) return this.part(this.#sizeAfter(first));
    const encoding = first & ~rdbString.mark;
    if (encoding === rdbString.int8) return partOf(String(this.int(1)));
    if (encoding === rdbString.int16) return partOf(String(this.int(2)));
    if (encoding === rdbString.int32) return partOf(String(this.int(4)));
    if (encoding !== rdbString.lzf) fail();
    const compressed = this.size();
    const plain = this.size();
    const bytes = decompressLzf(this.part(compressed), plain) ?? fail();
    return { bytes, start: 0, end: bytes.length };
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
