import { stringEncoding } from '../../engine/entry-layout.ts';
import { noExpiry } from '../../engine/store.ts';
import { integerAt } from '../integer-text.ts';
import { findKey, hashAt, keyChanged, keyTooLarge, notAnIntegerLine, makeRoom, optionIs, putString, removeKey, syntaxErrorLine } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { Call, CommandSpec } from '../spec.ts';
import { crc64 } from './crc64.ts';
import { footerBytes, rdbVersion } from './format.ts';
import { checkPayload, type PayloadFacts } from './check-payload.ts';
import { walkValue, type Visitor } from './walk-value.ts';

const maxFrequency = 255;
const payloadArgument = 3;
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
    if (!isSealed(call, payloadArgument)) return reply.error('ERR DUMP payload version or checksum are wrong');
    const { store } = call.node;
    const facts = checkPayload(call.bytes, payloadStart(call), payloadEnd(call), (bytes, start, length) => store.hashKey(bytes, start, length));
    if (facts === undefined) return reply.error('ERR Bad data format');
    restoreValue(call, facts, ttl === 0 ? noExpiry : options.absolute ? ttl : ttl + call.nowMs);
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

const payloadStart = (call: Call): number => call.start[payloadArgument];
const payloadEnd = (call: Call): number => call.start[payloadArgument] + call.length[payloadArgument] - footerBytes;

/** Whether the footer has a version that is known and the checksum of what stands before it. */
function isSealed({ bytes, start, length }: Call, i: number): boolean {
  const end = start[i] + length[i] - footerBytes;
  if (end < start[i] || (bytes[end] | (bytes[end + 1] << 8)) > rdbVersion) return false;
  const { low, high } = crc64(bytes, start[i], end + 2);
  const stated = Buffer.from(bytes.buffer, bytes.byteOffset + end + 2, 8);
  return stated.readInt32LE(0) === low && stated.readInt32LE(4) === high;
}

function restoreValue(call: Call, facts: PayloadFacts, expireAtMs: number): void {
  const { reply, node, bytes, start, length } = call;
  if (expireAtMs !== noExpiry && expireAtMs <= call.nowMs) {
    // Dead on arrival: only what it would have replaced goes.
    if (removeKey(call, 1)) keyChanged(call, 1, 'g', 'del');
    return reply.ok();
  }
  if (!(facts.type === 'string' ? putPayloadString(call, expireAtMs) : putCollection(call, facts, expireAtMs))) return;
  keyChanged(call, 1, 'g', 'restore');
  if (node.keyEvents.listening) node.keyEvents.ready(bytes, start[1], length[1]);
  reply.ok();
}

/** False after answering that there is no room. */
function putPayloadString(call: Call, expireAtMs: number): boolean {
  let done = false;
  const element: Visitor['element'] = (bytes, start, length) => (done = putString(call, 1, bytes, start, length, stringEncoding.plain, expireAtMs));
  walkValue(call.bytes, payloadStart(call), payloadEnd(call), { element, field() {} });
  return done;
}

/** False after answering that there is no room. */
function putCollection(call: Call, facts: PayloadFacts, expireAtMs: number): boolean {
  if (keyTooLarge(call, 1)) return false;
  const { store } = call.node;
  if (!makeRoom(call, 1, facts.bytes + facts.count * elementOverheadBytes, 1)) return false;
  removeKey(call, 1);
  fill(call, facts);
  if (expireAtMs !== noExpiry) store.setExpiry(findKey(call, 1), expireAtMs, call.nowMs);
  return true;
}

function fill(call: Call, { type, count, longestBytes }: PayloadFacts): void {
  const { lists, sets, zsets, hashes } = call.node.store.collections;
  const collection = type === 'list' ? lists : type === 'set' ? sets : type === 'zset' ? zsets : hashes;
  collection.edit(call.bytes, call.start[1], call.length[1], call.keySlot, hashAt(call, 1), call.nowMs);
  if (type === 'zset') zsets.expect(count, longestBytes);
  const element: Visitor['element'] = (bytes, start, length, score) => {
    if (type === 'list') lists.pushBack(bytes, start, length);
    else if (type === 'set') sets.add(bytes, start, length);
    else zsets.set(bytes, start, length, score);
  };
  const field: Visitor['field'] = (bytes, start, length, value, valueStart, valueLength) => void hashes.set(bytes, start, length, value, valueStart, valueLength);
  walkValue(call.bytes, payloadStart(call), payloadEnd(call), { element, field });
  collection.done();
}
