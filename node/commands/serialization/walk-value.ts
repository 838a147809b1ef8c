import { quicklistNode, rdbType } from './format.ts';
import { IntsetReader } from './intset.ts';
import { ListpackReader } from './listpack.ts';
import { fail, PayloadReader } from './payload-reader.ts';
import { ZiplistReader } from './ziplist.ts';

export type ValueType = 'string' | 'list' | 'set' | 'hash' | 'zset';

/** What a value consists of, told in its order; the bytes are views that hold only for the call. */
export interface Visitor {
  /** The string, an element or a member. */
  element(bytes: Uint8Array, start: number, length: number, score: number): void;
  field(bytes: Uint8Array, start: number, length: number, value: Uint8Array, valueStart: number, valueLength: number): void;
}

/** The packed forms are walked alike. */
interface PackedReader {
  readonly reader: PayloadReader;
  next(): boolean;
}

/** The type of the value in bytes[start, end); undefined for what is not supported. */
export function typeOfPayload(bytes: Uint8Array, start: number, end: number): ValueType | undefined {
  if (start >= end) return undefined;
  switch (bytes[start]) {
    case rdbType.string: return 'string';
    case rdbType.list: case rdbType.listZiplist: case rdbType.listQuicklist: case rdbType.listQuicklist2: return 'list';
    case rdbType.set: case rdbType.setIntset: return 'set';
    case rdbType.hash: case rdbType.hashZiplist: case rdbType.hashListpack: return 'hash';
    case rdbType.zset: case rdbType.zsetBinary: case rdbType.zsetZiplist: case rdbType.zsetListpack: return 'zset';
    default: return undefined;
  }
}

/** Tells the visitor of everything in the value; throws BadPayload where it is none. Bytes behind the value are left alone, as Redis does. */
export function walkValue(bytes: Uint8Array, start: number, end: number, visitor: Visitor): void {
  const reader = new PayloadReader(bytes, start, end);
  switch (reader.byte()) {
    case rdbType.string: return elements(reader, 1, visitor);
    case rdbType.list: case rdbType.set: return elements(reader, reader.size(), visitor);
    case rdbType.listZiplist: return packedElements(packed(reader, false), visitor);
    case rdbType.listQuicklist: return quicklist(reader, () => packedElements(packed(reader, false), visitor));
    case rdbType.listQuicklist2: return quicklist(reader, () => quicklistPart(reader, visitor));
    case rdbType.setIntset: return intset(reader, visitor);
    case rdbType.hash: return fields(reader, visitor);
    case rdbType.hashZiplist: return packedFields(packed(reader, false), visitor);
    case rdbType.hashListpack: return packedFields(packed(reader, true), visitor);
    case rdbType.zset: return scored(reader, visitor, shortText);
    case rdbType.zsetBinary: return scored(reader, visitor, (from) => from.double());
    case rdbType.zsetZiplist: return packedScored(packed(reader, false), visitor);
    case rdbType.zsetListpack: return packedScored(packed(reader, true), visitor);
    default: return fail();
  }
}

function elements(reader: PayloadReader, count: number, visitor: Visitor): void {
  for (let i = 0; i < count; i++) {
    reader.string();
    visitor.element(reader.bytes, reader.start, reader.length, 0);
  }
}

function packed(reader: PayloadReader, isListpack: boolean): PackedReader {
  reader.string();
  return isListpack ? new ListpackReader(reader.inside()) : new ZiplistReader(reader.inside());
}

function packedElements(from: PackedReader, visitor: Visitor): void {
  const { reader } = from;
  while (from.next()) visitor.element(reader.bytes, reader.start, reader.length, 0);
}

function intset(reader: PayloadReader, visitor: Visitor): void {
  reader.string();
  packedElements(new IntsetReader(reader.inside()), visitor);
}

function quicklist(reader: PayloadReader, node: () => void): void {
  for (let nodes = reader.size(); nodes > 0; nodes--) node();
}

function quicklistPart(reader: PayloadReader, visitor: Visitor): void {
  const container = reader.size();
  if (container === quicklistNode.plain) elements(reader, 1, visitor);
  else if (container === quicklistNode.packed) packedElements(packed(reader, true), visitor);
  else fail();
}

function fields(reader: PayloadReader, visitor: Visitor): void {
  for (let count = reader.size(); count > 0; count--) {
    reader.string();
    const { bytes, start, length } = reader;
    reader.string();
    visitor.field(bytes, start, length, reader.bytes, reader.start, reader.length);
  }
}

function packedFields(from: PackedReader, visitor: Visitor): void {
  const { reader } = from;
  while (from.next()) {
    const { bytes, start, length } = reader;
    if (!from.next()) fail();
    visitor.field(bytes, start, length, reader.bytes, reader.start, reader.length);
  }
}

function packedScored(from: PackedReader, visitor: Visitor): void {
  const { reader } = from;
  while (from.next()) {
    const { bytes, start, length } = reader;
    if (!from.next()) fail();
    visitor.element(bytes, start, length, checkedScore(numberIn(reader)));
  }
}

function scored(reader: PayloadReader, visitor: Visitor, score: (reader: PayloadReader) => number): void {
  for (let count = reader.size(); count > 0; count--) {
    reader.string();
    const { bytes, start, length } = reader;
    visitor.element(bytes, start, length, checkedScore(score(reader)));
  }
}

/** The scores of the oldest form: their text with its length in front; the last three lengths mean what has no digits. */
function shortText(reader: PayloadReader): number {
  const length = reader.byte();
  if (length === 255) return -Infinity;
  if (length === 254) return Infinity;
  if (length === 253) return Number.NaN;
  reader.view(length);
  return numberIn(reader);
}

const maxNumberText = 400;

function numberIn({ bytes, start, length }: PayloadReader): number {
  if (length > maxNumberText) return Number.NaN;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('latin1');
  if (/^[+-]?inf(?:inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}

function checkedScore(score: number): number {
  return Number.isNaN(score) ? fail() : score;
}
