import { parseInteger64 } from '../integer-text.ts';
import { fail, type PayloadReader } from './payload-reader.ts';
import { PayloadWriter } from './payload-writer.ts';

const headerBytes = 6;
/** The count in the header that means: count them yourself. */
const manyElements = 0xffff;
const endMark = 0xff;
/** How an element begins. */
const mark = { string6: 0x80, integer13: 0xc0, string12: 0xe0, string32: 0xf0, integer16: 0xf1, integer24: 0xf2, integer32: 0xf3, integer64: 0xf4 } as const;
const backGroup = 0x7f;
const backMore = 0x80;
const maxIntegerText = 20;

/** Elements in a row, each with its own size behind it. */
export class ListpackWriter {
  readonly #out = new PayloadWriter();
  #count = 0;

  constructor() {
    this.#out.littleEndian(0, headerBytes);
  }

  /** Bytes so far. */
  get length(): number {
    return this.#out.length;
  }

  add(bytes: Uint8Array, start = 0, length: number = bytes.length): void {
    const before = this.#out.length;
    const integer = length <= maxIntegerText ? parseInteger64(bytes, start, length) : undefined;
    if (integer === undefined) this.#string(bytes, start, length);
    else this.#integer(integer);
    this.#backLength(this.#out.length - before);
    this.#count += 1;
  }

  result(): Buffer {
    this.#out.byte(endMark);
    const bytes = this.#out.result();
    bytes.writeUInt32LE(bytes.length, 0);
    bytes.writeUInt16LE(Math.min(this.#count, manyElements), 4);
    return bytes;
  }

  /** Begins another one in the same memory; what `result` gave is overwritten. */
  restart(): void {
    this.#out.length = headerBytes;
    this.#count = 0;
  }

  #string(bytes: Uint8Array, start: number, length: number): void {
    const out = this.#out;
    if (length < 1 << 6) {
      out.byte(mark.string6 | length);
    } else if (length < 1 << 12) {
      out.byte(mark.string12 | (length >>> 8));
      out.byte(length & 0xff);
    } else {
      out.byte(mark.string32);
      out.littleEndian(length, 4);
    }
    out.raw(bytes, start, length);
  }

  #integer(value: bigint): void {
    const out = this.#out;
    if (value >= 0n && value < 128n) {
      out.byte(Number(value));
    } else if (BigInt.asIntN(13, value) === value) {
      const bits = Number(BigInt.asUintN(13, value));
      out.byte(mark.integer13 | (bits >>> 8));
      out.byte(bits & 0xff);
    } else {
      const width = [16, 24, 32, 64].find((bits) => BigInt.asIntN(bits, value) === value) ?? 64;
      out.byte({ 16: mark.integer16, 24: mark.integer24, 32: mark.integer32, 64: mark.integer64 }[width] ?? 0);
      for (let rest = BigInt.asUintN(width, value), i = 0; i < width; i += 8, rest >>= 8n) out.byte(Number(rest & 0xffn));
    }
  }

  /** The size of the element before it, seven bits a byte, the most significant first; all but the first byte carry a mark, so it can be read backwards. */
  #backLength(length: number): void {
    const groups: number[] = [];
    for (let rest = length; groups.length === 0 || rest > 0; rest = Math.floor(rest / 128)) groups.unshift(rest & backGroup);
    groups.forEach((group, i) => this.#out.byte(i === 0 ? group : group | backMore));
  }
}

/** Walks a listpack from its beginning to its end; throws BadPayload where anything about it is not so. */
export class ListpackReader {
  /** The element that `next` came to is its view. */
  readonly reader: PayloadReader;
  readonly #stated: number;
  #count = 0;

  constructor(reader: PayloadReader) {
    this.reader = reader;
    if (reader.left !== reader.uint32()) fail();
    this.#stated = reader.uint16();
  }

  next(): boolean {
    const { reader } = this;
    if (reader.left <= 1) {
      if (reader.byte() !== endMark || (this.#stated !== manyElements && this.#stated !== this.#count)) fail();
      return false;
    }
    const before = reader.left;
    viewElement(reader);
    checkBackLength(reader, before - reader.left);
    this.#count += 1;
    return true;
  }
}

function viewElement(reader: PayloadReader): void {
  const first = reader.byte();
  if (first < mark.string6) reader.viewInteger(first);
  else if (first < mark.integer13) reader.view(first & 0x3f);
  else if (first < mark.string12) {
    const bits = ((first & 0x1f) << 8) | reader.byte();
    reader.viewInteger(bits >= 1 << 12 ? bits - (1 << 13) : bits);
  } else if (first < mark.string32) reader.view(((first & 0x0f) << 8) | reader.byte());
  else if (first === mark.string32) reader.view(reader.uint32());
  else if (first === mark.integer16) reader.viewInteger(reader.int(2));
  else if (first === mark.integer24) reader.viewInteger(reader.int(3));
  else if (first === mark.integer32) reader.viewInteger(reader.int(4));
  else if (first === mark.integer64) reader.viewInteger64(reader.int64());
  else fail();
}

/** The element's own size stands behind it: as many groups of seven bits as it needs, only the first without a mark. */
function checkBackLength(reader: PayloadReader, length: number): void {
  let groups = 1;
  for (let bound = 128; bound <= length; bound *= 128) groups += 1;
  let stated = 0;
  for (let i = 0; i < groups; i++) {
    const byte = reader.byte();
    if (((byte & backMore) !== 0) !== i > 0) fail();
    stated = stated * 128 + (byte & backGroup);
  }
  if (stated !== length) fail();
}
