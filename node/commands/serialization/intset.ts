import { fail, partOf, PayloadReader, type Part } from './payload-reader.ts';
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

export function readIntset(part: Part): readonly Part[] {
  const reader = new PayloadReader(part);
  const width = reader.uint32();
  const count = reader.uint32();
  if ((width !== 2 && width !== 4 && width !== 8) || reader.left !== width * count) fail();
  const members: Part[] = [];
  let last: bigint | undefined;
  for (let i = 0; i < count; i++) {
    const value = width === 8 ? reader.int64() : BigInt(reader.int(width === 2 ? 2 : 4));
    if (last !== undefined && value <= last) fail();
    last = value;
    members.push(partOf(value.toString()));
  }
  return members;
}
