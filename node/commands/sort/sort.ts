import { slotOfKey } from '../../../shared/slots/crc16.ts';
import { entryType } from '../../engine/entry-layout.ts';
import { hashAt, keyChanged, keyTooLarge, makeRoom, readKey, removeKey, wrongTypeLine } from '../key-access.ts';
import { keyBehind, keysAt } from '../key-specs.ts';
import type { ArgumentDoc, Call, CommandSpec } from '../spec.ts';
import { limited, sorted } from './sort-elements.ts';
import { optionValues, sortOptions, type SortOptions } from './sort-options.ts';

/** What an element of a list takes beside its bytes, about. */
const elementOverheadBytes = 16;

const args: readonly ArgumentDoc[] = [
  { name: 'key', type: 'key' },
  { name: 'pattern', type: 'pattern', token: 'BY', optional: true },
  { name: 'offset_count', type: 'block', token: 'LIMIT', optional: true, args: [{ name: 'offset', type: 'integer' }, { name: 'count', type: 'integer' }] },
  { name: 'pattern', type: 'pattern', token: 'GET', optional: true, multiple: true },
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
  const source = elementsOf(call);
  if (source === undefined) return reply.error(wrongTypeLine);
  const elements = inOrder(source, options);
  if (elements === undefined) return reply.error("ERR One or more scores can't be converted into double");
  const result = limited(elements, options);
  if (storeAt > 0) return storeResult(call, storeAt, result);
  reply.array(result.length);
  for (const element of result) reply.bulkBytes(element);
}

interface Source {
  readonly elements: readonly Buffer[];
  readonly type: number;
}

/** Copies of the elements in the order of the collection; undefined for a type that has none. */
function elementsOf(call: Call): Source | undefined {
  const { store } = call.node;
  const ref = readKey(call, 1);
  if (ref === 0) return { elements: [], type: entryType.list };
  const { lists, sets, zsets } = store.collections;
  const type = store.typeOf(ref);
  const elements: Buffer[] = [];
  if (type === entryType.list) {
    lists.load(ref);
    lists.rewind();
    while (lists.next()) elements.push(copy(lists.elementBytes, lists.elementStart, lists.elementLength));
  } else if (type === entryType.set || type === entryType.zset) {
    const members = type === entryType.set ? sets : zsets;
    members.load(ref);
    members.rewind();
    while (members.next()) elements.push(copy(members.memberBytes, members.memberStart, members.memberLength));
  } else return undefined;
  return { elements, type };
}

function copy(bytes: Uint8Array, start: number, length: number): Buffer {
  return Buffer.from(bytes.subarray(start, start + length));
}

/** Unsorted, a list and a sorted set keep their order (or turn it round); a set has none, and is sorted where it is stored. */
function inOrder({ elements, type }: Source, { alphabetic, descending, unsorted, storeAt }: SortOptions): readonly Buffer[] | undefined {
  if (!unsorted) return sorted(elements, alphabetic, descending);
  if (type === entryType.set) return storeAt > 0 ? sorted(elements, true, descending) : elements;
  return descending ? elements.toReversed() : elements;
}

function storeResult(call: Call, i: number, elements: readonly Buffer[]): void {
  const { bytes, start, length, keySlot, nowMs, reply } = call;
  const { store, keyEvents } = call.node;
  if (keyTooLarge(call, i)) return;
  if (elements.length === 0) {
    if (removeKey(call, i)) keyChanged(call, i, 'g', 'del');
    return reply.integer(0);
  }
  if (!makeRoom(call, i, elements.reduce((sum, element) => sum + element.length + elementOverheadBytes, 0), 1)) return;
  removeKey(call, i);
  const { lists } = store.collections;
  lists.edit(bytes, start[i], length[i], keySlot, hashAt(call, i), nowMs);
  for (const element of elements) lists.pushBack(element, 0, element.length);
  lists.done();
  keyChanged(call, i, 'l', 'sortstore');
  if (keyEvents.listening) keyEvents.ready(bytes, start[i], length[i]);
  reply.integer(elements.length);
}
