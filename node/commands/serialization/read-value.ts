import { rdbType, quicklistNode } from './format.ts';
import { readIntset } from './intset.ts';
import { readListpack } from './listpack.ts';
import { fail, PayloadReader, type Part } from './payload-reader.ts';
import { readZiplist } from './ziplist.ts';

/** A value as a payload holds it. `parts`: a hash's fields and values in turn; a sorted set's members, with their scores beside them. */
export type Value =
  | { readonly type: 'string'; readonly part: Part }
  | { readonly type: 'list' | 'set' | 'hash'; readonly parts: readonly Part[] }
  | { readonly type: 'zset'; readonly parts: readonly Part[]; readonly scores: readonly number[] };

/** Reads the value; throws BadPayload for what is none. Nothing is changed before all of it was read. */
export function readValue(payload: Part): Value {
  const reader = new PayloadReader(payload);
  const type = reader.byte();
  if (type === rdbType.string) return { type: 'string', part: reader.string() };
  const value = readCollection(reader, type);
  if (value.parts.length === 0) fail();
  if (value.type === 'hash') checkDistinct(value.parts, 2);
  else if (value.type !== 'list') checkDistinct(value.parts, 1);
  return value;
}

function readCollection(reader: PayloadReader, type: number): Exclude<Value, { readonly type: 'string' }> {
  switch (type) {
    case rdbType.list: return { type: 'list', parts: strings(reader, reader.size()) };
    case rdbType.listZiplist: return { type: 'list', parts: readZiplist(reader.string()) };
    case rdbType.listQuicklist: return { type: 'list', parts: quicklist(reader, () => readZiplist(reader.string())) };
    case rdbType.listQuicklist2: return { type: 'list', parts: quicklist(reader, () => quicklistPart(reader)) };
    case rdbType.set: return { type: 'set', parts: strings(reader, reader.size()) };
    case rdbType.setIntset: return { type: 'set', parts: readIntset(reader.string()) };
    case rdbType.hash: return { type: 'hash', parts: strings(reader, reader.size() * 2) };
    case rdbType.hashZiplist: return { type: 'hash', parts: readZiplist(reader.string()) };
    case rdbType.hashListpack: return { type: 'hash', parts: readListpack(reader.string()) };
    case rdbType.zset: return scored(reader, () => shortText(reader));
    case rdbType.zsetBinary: return scored(reader, () => reader.double());
    case rdbType.zsetZiplist: return paired(readZiplist(reader.string()));
    case rdbType.zsetListpack: return paired(readListpack(reader.string()));
    default: return fail();
  }
}

/** Each takes a byte at least: a count beyond what is left is a lie, found out before any memory is taken. */
function strings(reader: PayloadReader, count: number): readonly Part[] {
  if (count > reader.left) fail();
  const parts: Part[] = [];
  for (let i = 0; i < count; i++) parts.push(reader.string());
  return parts;
}

function quicklist(reader: PayloadReader, node: () => readonly Part[]): readonly Part[] {
  const nodes = reader.size();
  if (nodes > reader.left) fail();
  const parts: Part[] = [];
  for (let i = 0; i < nodes; i++) for (const part of node()) parts.push(part);
  return parts;
}

function quicklistPart(reader: PayloadReader): readonly Part[] {
  const container = reader.size();
  if (container === quicklistNode.plain) return [reader.string()];
  return container === quicklistNode.packed ? readListpack(reader.string()) : fail();
}

function scored(reader: PayloadReader, score: () => number): Value & { readonly type: 'zset' } {
  const count = reader.size();
  if (count > reader.left) fail();
  const parts: Part[] = [];
  const scores: number[] = [];
  for (let i = 0; i < count; i++) {
    parts.push(reader.string());
    scores.push(checkedScore(score()));
  }
  return { type: 'zset', parts, scores };
}

function paired(elements: readonly Part[]): Value & { readonly type: 'zset' } {
  if (elements.length % 2 !== 0) fail();
  const parts = elements.filter((_, i) => i % 2 === 0);
  return { type: 'zset', parts, scores: elements.filter((_, i) => i % 2 === 1).map((element) => checkedScore(numberIn(element))) };
}

/** The scores of the oldest form: their text with its length in front; the last three lengths mean what has no digits. */
function shortText(reader: PayloadReader): number {
  const length = reader.byte();
  if (length === 255) return -Infinity;
  if (length === 254) return Infinity;
  return length === 253 ? Number.NaN : numberIn(reader.part(length));
}

function numberIn({ bytes, start, end }: Part): number {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
  if (/^[+-]?inf(?:inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}

function checkedScore(score: number): number {
  return Number.isNaN(score) ? fail() : score;
}

/** Fields or members, every `step`-th part, must differ. */
function checkDistinct(parts: readonly Part[], step: 1 | 2): void {
  if (parts.length % step !== 0) fail();
  const seen = new Set<string>();
  for (let i = 0; i < parts.length; i += step) {
    const { bytes, start, end } = parts[i];
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
    if (seen.has(text)) fail();
    seen.add(text);
  }
}
