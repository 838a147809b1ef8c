import { stringEncoding } from '../../engine/entry-layout.ts';
import { noExpiry } from '../../engine/store.ts';
import { integerAt } from '../integer-text.ts';
import { findKey, hashAt, keyChanged, keyTooLarge, notAnIntegerLine, optionIs, outOfMemoryLine, putString, removeKey, syntaxErrorLine } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { Call, CommandSpec } from '../spec.ts';
import { crc64 } from './crc64.ts';
import { footerBytes, rdbVersion } from './format.ts';
import { BadPayload, type Part } from './payload-reader.ts';
import { readValue, type Value } from './read-value.ts';

const maxFrequency = 255;
/** What an element takes beside its bytes, about. */
const elementOverheadBytes = 32;

interface Options {
  readonly replaces: boolean;
  readonly absolute: boolean;
}

export const restore: CommandSpec = {
  name: 'restore',
  summary: 'Creates a key from what DUMP returned.',
  since: '2.6.0',
  group: 'generic',
  complexity: 'O(N) for a value of N elements or bytes; O(N*log(N)) for a sorted set',
  arity: -4,
  flags: ['write', 'denyoom'],
  categories: ['keyspace', 'dangerous'],
  keys: keysAt(['OW', 'update'], 0),
  args: [
    { name: 'key', type: 'key' },
    { name: 'ttl', type: 'integer' },
    { name: 'serialized-value', type: 'string' },
    { name: 'replace', type: 'pure-token', token: 'REPLACE', optional: true },
    { name: 'absttl', type: 'pure-token', token: 'ABSTTL', optional: true },
    { name: 'seconds', type: 'integer', token: 'IDLETIME', optional: true },
    { name: 'frequency', type: 'integer', token: 'FREQ', optional: true },
  ],
  run(call) {
    const { reply } = call;
    const options = optionsOf(call);
    if (options === undefined) return;
    if (!options.replaces && findKey(call, 1) !== 0) return reply.error('BUSYKEY Target key name already exists.');
    const ttl = integerAt(call, 2);
    if (Number.isNaN(ttl)) return reply.error(notAnIntegerLine);
    if (ttl < 0) return reply.error('ERR Invalid TTL value, must be >= 0');
    const payload = payloadAt(call, 3);
    if (payload === undefined) return reply.error('ERR DUMP payload version or checksum are wrong');
    const value = valueIn(payload);
    if (value === undefined) return reply.error('ERR Bad data format');
    const expireAtMs = ttl === 0 ? noExpiry : options.absolute ? ttl : ttl + call.nowMs;
    restoreValue(call, value, expireAtMs);
  },
};

/** IDLETIME and FREQ are checked and have no effect: the store keeps neither in that form. */
function optionsOf(call: Call): Options | undefined {
  let replaces = false;
  let absolute = false;
  let usage: 'idletime' | 'freq' | undefined;
  for (let i = 4; i < call.argc; i++) {
    const hasNext = i + 1 < call.argc;
    if (optionIs(call, i, 'replace')) replaces = true;
    else if (optionIs(call, i, 'absttl')) absolute = true;
    else if (hasNext && usage !== 'freq' && optionIs(call, i, 'idletime')) {
      usage = 'idletime';
      const seconds = integerAt(call, ++i);
      if (Number.isNaN(seconds)) return refuse(call, notAnIntegerLine);
      if (seconds < 0) return refuse(call, 'ERR Invalid IDLETIME value, must be >= 0');
    } else if (hasNext && usage !== 'idletime' && optionIs(call, i, 'freq')) {
      usage = 'freq';
      const frequency = integerAt(call, ++i);
      if (Number.isNaN(frequency)) return refuse(call, notAnIntegerLine);
      if (frequency < 0 || frequency > maxFrequency) return refuse(call, 'ERR Invalid FREQ value, must be >= 0 and <= 255');
    } else return refuse(call, syntaxErrorLine);
  }
  return { replaces, absolute };
}

function refuse(call: Call, line: string): undefined {
  call.reply.error(line);
  return undefined;
}

/** The payload without its footer; undefined where version or checksum are wrong. */
function payloadAt(call: Call, i: number): Part | undefined {
  const { bytes } = call;
  const start = call.start[i];
  const end = start + call.length[i] - footerBytes;
  if (end < start) return undefined;
  if ((bytes[end] | (bytes[end + 1] << 8)) > rdbVersion) return undefined;
  const { low, high } = crc64(bytes, start, end + 2);
  const stated = Buffer.from(bytes.buffer, bytes.byteOffset + end + 2, 8);
  return stated.readInt32LE(0) === low && stated.readInt32LE(4) === high ? { bytes, start, end } : undefined;
}

function valueIn(payload: Part): Value | undefined {
  try {
    return readValue(payload);
  } catch (error) {
    if (error instanceof BadPayload) return undefined;
    throw error;
  }
}

function restoreValue(call: Call, value: Value, expireAtMs: number): void {
  const { reply, node, bytes, start, length } = call;
  if (expireAtMs !== noExpiry && expireAtMs <= call.nowMs) {
    // Dead on arrival: only what it would have replaced goes.
    if (removeKey(call, 1)) keyChanged(call, 1, 'g', 'del');
    return reply.ok();
  }
  if (value.type === 'string') {
    const { part } = value;
    if (!putString(call, 1, part.bytes, part.start, part.end - part.start, stringEncoding.plain, expireAtMs)) return;
  } else if (!putCollection(call, value, expireAtMs)) return;
  keyChanged(call, 1, 'g', 'restore');
  if (node.keyEvents.listening) node.keyEvents.ready(bytes, start[1], length[1]);
  reply.ok();
}

type CollectionValue = Exclude<Value, { readonly type: 'string' }>;

/** False after answering that there is no room. */
function putCollection(call: Call, value: CollectionValue, expireAtMs: number): boolean {
  if (keyTooLarge(call, 1)) return false;
  const { store } = call.node;
  if (!store.makeRoomFor(value.parts.reduce((sum, { start, end }) => sum + end - start + elementOverheadBytes, 0), 1)) {
    call.reply.error(outOfMemoryLine);
    return false;
  }
  removeKey(call, 1);
  fill(call, value);
  if (expireAtMs !== noExpiry) store.setExpiry(findKey(call, 1), expireAtMs, call.nowMs);
  return true;
}

function fill(call: Call, value: CollectionValue): void {
  const { lists, sets, zsets, hashes } = call.node.store.collections;
  const collection = { list: lists, set: sets, zset: zsets, hash: hashes }[value.type];
  collection.edit(call.bytes, call.start[1], call.length[1], call.keySlot, hashAt(call, 1), call.nowMs);
  const { parts } = value;
  if (value.type === 'list') for (const { bytes, start, end } of parts) lists.pushBack(bytes, start, end - start);
  else if (value.type === 'set') for (const { bytes, start, end } of parts) sets.add(bytes, start, end - start);
  else if (value.type === 'zset') parts.forEach(({ bytes, start, end }, i) => zsets.set(bytes, start, end - start, value.scores[i]));
  else for (let i = 0; i < parts.length; i += 2) setField(hashes, parts[i], parts[i + 1]);
  collection.done();
}

function setField(hashes: Call['node']['store']['collections']['hashes'], field: Part, value: Part): void {
  hashes.set(field.bytes, field.start, field.end - field.start, value.bytes, value.start, value.end - value.start);
}
