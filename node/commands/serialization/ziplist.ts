import { fail, type PayloadReader } from './payload-reader.ts';

const headerBytes = 10;
const endMark = 0xff;
const manyElements = 0xffff;
const longPrevious = 0xfe;
/** How an element begins; 0xf1 … 0xfd are the integers 0 … 12. */
const mark = { string14: 0x40, string32: 0x80, integer16: 0xc0, integer32: 0xd0, integer64: 0xe0, integer24: 0xf0, firstSmall: 0xf1, integer8: 0xfe } as const;

/** Walks a ziplist, which Redis wrote before 7.0: each element has the size of the one before it in front. Throws BadPayload where anything about it is not so. */
export class ZiplistReader {
  /** The element that `next` came to is its view. */
  readonly reader: PayloadReader;
  readonly #total: number;
  readonly #tail: number;
  readonly #stated: number;
  #count = 0;
  #previous = 0;
  #lastAt = headerBytes;

  constructor(reader: PayloadReader) {
    this.reader = reader;
    this.#total = reader.left;
    if (reader.uint32() !== this.#total) fail();
    this.#tail = reader.uint32();
    this.#stated = reader.uint16();
  }

  next(): boolean {
    const { reader } = this;
    const before = reader.left;
    if (before <= 1) {
      if (reader.byte() !== endMark || this.#tail !== this.#lastAt || (this.#stated !== manyElements && this.#stated !== this.#count)) fail();
      return false;
    }
    this.#lastAt = this.#total - before;
    const first = reader.byte();
    if (first === endMark || (first === longPrevious ? reader.uint32() : first) !== this.#previous) fail();
    viewElement(reader);
    this.#previous = before - reader.left;
    this.#count += 1;
    return true;
  }
}

function viewElement(reader: PayloadReader): void {
  const first = reader.byte();
  if (first < mark.string14) reader.view(first);
  else if (first < mark.string32) reader.view(((first & 0x3f) << 8) | reader.byte());
  else if (first === mark.string32) reader.view(reader.byte() * 2 ** 24 + reader.byte() * 2 ** 16 + reader.byte() * 2 ** 8 + reader.byte());
  else if (first === mark.integer16) reader.viewInteger(reader.int(2));
  else if (first === mark.integer32) reader.viewInteger(reader.int(4));
  else if (first === mark.integer64) reader.viewInteger64(reader.int64());
  else if (first === mark.integer24) reader.viewInteger(reader.int(3));
  else if (first === mark.integer8) reader.viewInteger(reader.int(1));
  else if (first >= mark.firstSmall && first < mark.integer8) reader.viewInteger(first - mark.firstSmall);
  else fail();
}
