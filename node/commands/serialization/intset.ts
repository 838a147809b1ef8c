import { fail, type PayloadReader } from './payload-reader.ts';
import { PayloadWriter } from './payload-writer.ts';

/** Integers of one width in ascending order: width in bytes, their number, then they. */
export function writeIntset(values: readonly bigint[]): Buffer {
  const width = [2, 4].find((bytes) => values.every((value) => BigInt.asIntN(bytes * 8, value) === value)) ?? 8;
  const out = new PayloadWriter();
  out.littleEndian(width, 4);
  out.littleEndian(values.length, 4);
  for (const value of values.toSorted((a, b) => (a < b ? -1 : 1))) {
    for (let rest = BigInt.asUintN(width * 8, value), i = 0; i < width; i++, rest >>= 8n) out.byte(Number(rest & 0xffn));
  }
  return out.result();
}

/** Walks an intset; throws BadPayload where anything about it is not so. */
export class IntsetReader {
  /** The member that `next` came to is its view. */
  readonly reader: PayloadReader;
  readonly #width: number;
  #last: bigint | undefined;

  constructor(reader: PayloadReader) {
    this.reader = reader;
    this.#width = reader.uint32();
    const count = reader.uint32();
    if ((this.#width !== 2 && this.#width !== 4 && this.#width !== 8) || reader.left !== this.#width * count) fail();
  }

  next(): boolean {
    const { reader } = this;
    if (reader.left === 0) return false;
    const value = this.#width === 8 ? reader.int64() : BigInt(reader.int(this.#width === 2 ? 2 : 4));
    if (this.#last !== undefined && value <= this.#last) fail();
    this.#last = value;
    reader.viewInteger64(value);
    return true;
  }
}
