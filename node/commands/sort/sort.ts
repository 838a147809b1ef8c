import { slotOfKey } from '../../../shared/slots/crc16.ts';
import { entryType, type EntryType } from '../../engine/entry-layout.ts';
import { hashAt, keyChanged, keyTooLarge, makeRoom, readKey, removeKey, wrongTypeLine } from '../key-access.ts';
import { keyBehind, keysAt } from '../key-specs.ts';
import type { ArgumentDoc, Call, CommandSpec } from '../spec.ts';
import { ElementRows } from '../working-memory/element-rows.ts';
import { FirstRows } from '../working-memory/first-rows.ts';
import { expectReply, working } from '../working-memory/working.ts';
import type { WorkingMemory } from '../working-memory/working-memory.ts';
import { prefixOf, weighByBytes } from '../working-memory/prefix-weights.ts';
import { numberOf } from './element-weights.ts';
import { optionValues, sortOptions, type SortOptions } from './sort-options.ts';

/** What an element of a list takes beside its bytes, about. */
const elementOverheadBytes = 16;

const args: readonly ArgumentDoc[] = [
  { name: 'key', type: 'key' },
  { name: 'pattern', type: 'pattern', token: 'BY', optional: true },
  { name: 'offset_count', type: 'block', token: 'LIMIT', optional: true, args: [{ name: 'offset', type: 'integer' }, { name: 'count', type: 'integer' }] },
  { name: 'pattern', type: 'pattern', token: 'GET', optional: true, multiple: true, multipleToken: true },
  { name: 'order', type: 'oneof', optional: true, args: [{ name: 'asc', type: 'pure-token', token: 'ASC' }, { name: 'desc', type: 'pure-token', token: 'DESC' }] },
  { name: 'sorting', type: 'pure-token', token: 'ALPHA', optional: true },
];

const shape = {
  group: 'generic',
  complexity: 'O(N+M*log(M)) for N elements of which M are returned; O(N) without sorting',
  arity: -2,
  categories: ['set', 'sortedset', 'list', 'dangerous'],
} as const satisfies Partial<CommandSpec>;

const sortedKey = keysAt(['RO', 'access'], 0);
/** STORE can stand anywhere behind the key; the last one counts. */
const storeKey = keyBehind(['OW', 'update'], 'STORE', -2, { first: 2, values: optionValues, rivals: ['store'] });

export const sort: CommandSpec = {
  ...shape,
  name: 'sort',
  summary: 'Sorts the elements of a list, a set or a sorted set and returns or stores them.',
  since: '1.0.0',
  flags: ['write', 'denyoom', 'movablekeys'],
  keys: [...sortedKey, storeKey],
  args: [...args, { name: 'destination', type: 'key', token: 'STORE', optional: true }],
  run: (call) => runSort(call, true),
};

export const sortRo: CommandSpec = {
  ...shape,
  name: 'sort_ro',
  summary: 'Sorts the elements of a list, a set or a sorted set and returns them.',
  since: '7.0.0',
  flags: ['readonly', 'movablekeys'],
  keys: sortedKey,
  args,
  run: (call) => runSort(call, false),
};

function runSort(call: Call, mayStore: boolean): void {
  const { reply, bytes, start, length } = call;
  const options = sortOptions(call, mayStore);
  if (options === undefined) return;
  const { storeAt } = options;
  if (storeAt > 0 && slotOfKey(bytes, start[storeAt], length[storeAt]) !== call.keySlot) return reply.error("CROSSSLOT Keys in request don't hash to the same slot");
  const source = sourceOf(call);
  if (source === undefined) return reply.error(wrongTypeLine);
  working(call, (memory) => {
    const result = inOrder(memory, source, options);
    if (result === undefined) return reply.error("ERR One or more scores can't be converted into double");
    if (storeAt > 0) storeResult(call, storeAt, result);
    else replyResult(call, memory, result);
  });
}

/** The elements of a list, a set or a sorted set in the order of the collection. */
interface Source {
  readonly type: EntryType;
  readonly size: number;
  /** False behind the last. The element is then in view. */
  next(): boolean;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly length: number;
}

const noSource: Source = { type: entryType.list, size: 0, next: () => false, bytes: new Uint8Array(0), start: 0, length: 0 };

/** Undefined for a type that has no elements. */
function sourceOf(call: Call): Source | undefined {
  const { store } = call.node;
  const ref = readKey(call, 1);
  if (ref === 0) return noSource;
  const { lists, sets, zsets } = store.collections;
  const type = store.typeOf(ref);
  if (type === entryType.list) {
    lists.load(ref);
    lists.rewind();
    return { type, size: lists.size, next: () => lists.next(), get bytes() { return lists.elementBytes; }, get start() { return lists.elementStart; }, get length() { return lists.elementLength; } };
  }
  if (type !== entryType.set && type !== entryType.zset) return undefined;
  const members = type === entryType.set ? sets : zsets;
  members.load(ref);
  members.rewind();
  return { type, size: members.size, next: () => members.next(), get bytes() { return members.memberBytes; }, get start() { return members.memberStart; }, get length() { return members.memberLength; } };
}

/** Rows of elements, and which of them come in which order. */
interface Result {
  readonly rows: ElementRows;
  readonly count: number;
  rowAt(i: number): number;
}

/** What LIMIT asks for of so many; nothing behind the last. */
function spanOf(size: number, { offset, count }: SortOptions): { readonly first: number; readonly end: number } {
  const first = Math.min(size, Math.max(0, offset));
  return { first, end: count < 0 ? size : Math.min(size, first + count) };
}

/** Unsorted, a list and a sorted set keep their order (or turn it round); a set has none, and is sorted where it is stored. Undefined when a number was to be sorted and something is none. */
function inOrder(memory: WorkingMemory, source: Source, options: SortOptions): Result | undefined {
  const { unsorted, storeAt } = options;
  const rows = new ElementRows(memory);
  if (unsorted && (source.type !== entryType.set || storeAt === 0)) return asTheyAre(rows, source, options);
  const { first, end } = spanOf(source.size, options);
  const sign = options.descending ? -1 : 1;
  const found = new FirstRows(memory, rows, end, source.size, sign);
  if (options.alphabetic || unsorted) {
    while (source.next()) found.offer(sign * prefixOf(source.bytes, source.start, source.length), source.bytes, source.start, source.length);
    weighByBytes(rows, found.order.subarray(0, found.count), found.weights, sign);
  } else {
    while (source.next()) {
      const weight = numberOf(source.bytes, source.start, source.length);
      if (Number.isNaN(weight)) return undefined;
      // Equal numbers stand in the order of their bytes, so that the result does not depend on where they came from.
      found.offer(sign * weight, source.bytes, source.start, source.length);
    }
  }
  found.sort();
  return { rows, count: end - first, rowAt: (i) => found.order[first + i] };
}

function asTheyAre(rows: ElementRows, source: Source, options: SortOptions): Result {
  const { first, end } = spanOf(source.size, options);
  const turned = options.descending && source.type !== entryType.set;
  const from = turned ? source.size - end : first;
  for (let i = 0; rows.count < end - first && source.next(); i++) if (i >= from) rows.add(source.bytes, source.start, source.length);
  return { rows, count: rows.count, rowAt: turned ? (i) => rows.count - 1 - i : (i) => i };
}

function bytesOf({ rows, count, rowAt }: Result): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += rows.lengthOf(rowAt(i));
  return total;
}

function replyResult(call: Call, memory: WorkingMemory, result: Result): void {
  const { rows, count } = result;
  const { reply } = call;
  expectReply(call, memory, count, bytesOf(result));
  reply.array(count);
  for (let i = 0; i < count; i++) {
    rows.look(result.rowAt(i));
    reply.bulk(rows.bytes, rows.start, rows.length);
  }
}

function storeResult(call: Call, i: number, result: Result): void {
  const { bytes, start, length, keySlot, nowMs, reply } = call;
  const { store, keyEvents } = call.node;
  const { rows, count } = result;
  if (keyTooLarge(call, i)) return;
  if (count === 0) {
    if (removeKey(call, i)) keyChanged(call, i, 'g', 'del');
    return reply.integer(0);
  }
  for (let k = 0; k < count; k++) rows.own(result.rowAt(k));
  if (!makeRoom(call, i, bytesOf(result) + count * elementOverheadBytes, 1)) return;
  removeKey(call, i);
  const { lists } = store.collections;
  lists.edit(bytes, start[i], length[i], keySlot, hashAt(call, i), nowMs);
  for (let k = 0; k < count; k++) {
    rows.look(result.rowAt(k));
    lists.pushBack(rows.bytes, rows.start, rows.length);
  }
  lists.done();
  keyChanged(call, i, 'l', 'sortstore');
  if (keyEvents.listening) keyEvents.ready(bytes, start[i], length[i]);
  reply.integer(count);
}
