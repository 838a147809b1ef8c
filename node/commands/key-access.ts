import type { KeyEventClass } from './key-events.ts';
import type { Session } from '../engine/collections/session.ts';
import { entryType, maxKeyBytes, type EntryType } from '../engine/entry-layout.ts';
import { redisErrorLine } from '../../shared/errors/meridian-error.ts';
import { refusal } from '../engine/namespaces.ts';
import type { Call } from './spec.ts';

/** How data commands reach keys. `i` is the index of the argument that is the key; all keys of a call lie in `call.keySlot`. */

export const wrongTypeLine = 'WRONGTYPE Operation against a key holding the wrong kind of value';
const outOfMemoryLine = "OOM command not allowed when used memory > 'maxmemory'.";
export const syntaxErrorLine = 'ERR syntax error';
export const notAnIntegerLine = 'ERR value is not an integer or out of range';
export const noSuchKeyLine = 'ERR no such key';
/** What an element of a large collection costs beside its bytes, about. */
const elementOverheadBytes = 32;
export const keyTooLargeLine: string = redisErrorLine('KEY_TOO_LARGE', { limitBytes: maxKeyBytes });

/** Hash of the key at argument `i`; the first key's was computed while parsing. */
export function hashAt(call: Call, i: number): number {
  return i === 1 ? call.keyHash : call.node.store.hashKey(call.bytes, call.start[i], call.length[i]);
}

/** The entry for a read: counts hit or miss and use. 0: not there. */
export function readKey(call: Call, i: number): number {
  return call.node.store.read(call.bytes, call.start[i], call.length[i], call.keySlot, hashAt(call, i), call.nowMs, call.client.noTouch);
}

/** As `readKey`, for commands that only ask about the key (TTL, TYPE, EXISTS): no use of it. */
export function readKeyQuietly(call: Call, i: number): number {
  return call.node.store.read(call.bytes, call.start[i], call.length[i], call.keySlot, hashAt(call, i), call.nowMs, true);
}

/** The entry for a write: no counting. 0: not there. */
export function findKey(call: Call, i: number): number {
  return call.node.store.find(call.bytes, call.start[i], call.length[i], call.keySlot, hashAt(call, i), call.nowMs);
}

/** The entry if it is a string; -1 after answering WRONGTYPE. */
export function readString(call: Call, i: number): number {
  const ref = readKey(call, i);
  return ref === 0 ? 0 : stringOnly(call, ref);
}

export function findString(call: Call, i: number): number {
  const ref = findKey(call, i);
  return ref === 0 ? 0 : stringOnly(call, ref);
}

/** What `readString` and `findString` give after they answered WRONGTYPE. No entry is there: it would be the last 8 bytes of 32 GiB. */
export const wrongType = -1;

function stringOnly(call: Call, ref: number): number {
  if (call.node.store.typeOf(ref) === entryType.string) return ref;
  call.reply.error(wrongTypeLine);
  return wrongType;
}

/** The entry of a collection for a read: 0 when it is not there, `wrongType` after answering WRONGTYPE. */
export function readCollection(call: Call, i: number, type: EntryType): number {
  const ref = readKey(call, i);
  if (ref === 0 || call.node.store.typeOf(ref) === type) return ref;
  call.reply.error(wrongTypeLine);
  return wrongType;
}

/** Begins to change the collection at the key, which may be absent; then `collection.done()`. False after answering WRONGTYPE, OOM or that the key is too long. */
export function editCollection(call: Call, i: number, collection: Session): boolean {
  if (keyTooLarge(call, i)) return false;
  const { store } = call.node;
  const { bytes, start, length, nowMs, keySlot } = call;
  let added = 0;
  let longest = 0;
  for (let k = i; k < call.argc; k++) {
    added += length[k] + elementOverheadBytes;
    if (k > i && length[k] > longest) longest = length[k];
  }
  if (!makeRoom(call, i, added, 0, longest)) return false;
  const hash = hashAt(call, i);
  const ref = store.find(bytes, start[i], length[i], keySlot, hash, nowMs);
  if (ref !== 0 && store.typeOf(ref) !== collection.type) {
    call.reply.error(wrongTypeLine);
    return false;
  }
  collection.edit(bytes, start[i], length[i], keySlot, hash, nowMs);
  return true;
}

/** As `editCollection` for what only takes away (HDEL, SREM, LPOP …): needs no room. */
export function shrinkCollection(call: Call, i: number, collection: Session): boolean {
  const ref = findKey(call, i);
  if (ref !== 0 && call.node.store.typeOf(ref) !== collection.type) {
    call.reply.error(wrongTypeLine);
    return false;
  }
  collection.edit(call.bytes, call.start[i], call.length[i], call.keySlot, hashAt(call, i), call.nowMs);
  return true;
}

/** Answers and returns true when a key is too long to be written. */
export function keyTooLarge(call: Call, i: number): boolean {
  if (call.length[i] <= maxKeyBytes) return false;
  call.reply.error(keyTooLargeLine);
  return true;
}

/** Why the last write found no room. */
export function noRoomLine({ node }: Call): string {
  const { store, namespaces } = node;
  if (store.namespaces === undefined || store.refusal === refusal.memory || namespaces === undefined) return outOfMemoryLine;
  if (store.refusal === refusal.valueSize) return redisErrorLine('VALUE_TOO_LARGE', { limitBytes: store.namespaces.maxValueBytes[store.refusedId] });
  return redisErrorLine(store.refusal === refusal.namespaceKeys ? 'QUOTA_KEYS' : 'QUOTA_MEMORY', { namespace: namespaces.refuse(store.refusedId) });
}

/** Room for `bytes` and `keys` more in the namespace of the key at argument `i`, whose longest element is `longest`; answers and returns false when there is none. */
export function makeRoom(call: Call, i: number, bytes: number, keys: number, longest = 0): boolean {
  const { store } = call.node;
  const id = store.namespaces === undefined ? 0 : store.namespaces.idOf(call.bytes, call.start[i], call.length[i]);
  if (store.letsBe(id, longest) && store.makeRoomFor(bytes, keys, id)) return true;
  call.reply.error(noRoomLine(call));
  return false;
}

/** Writes a whole string value; answers and returns false when there is no room. */
export function putString(call: Call, i: number, value: Uint8Array, valueStart: number, valueLength: number, encoding: number, expireAtMs: number): boolean {
  if (keyTooLarge(call, i)) return false;
  const { bytes, start, length } = call;
  if (call.node.store.put(bytes, start[i], length[i], call.keySlot, hashAt(call, i), value, valueStart, valueLength, encoding, expireAtMs, call.nowMs)) return true;
  call.reply.error(noRoomLine(call));
  return false;
}

/** Deletes the key; false when it was not there. */
export function removeKey(call: Call, i: number): boolean {
  return call.node.store.remove(call.bytes, call.start[i], call.length[i], call.keySlot, hashAt(call, i), call.nowMs);
}

/** Tells WATCH, tracking and keyspace notifications that a key changed. */
export function keyChanged(call: Call, i: number, eventClass: KeyEventClass, event: string): void {
  const { keyEvents } = call.node;
  if (!keyEvents.listening) return;
  keyEvents.changed(call.bytes, call.start[i], call.length[i]);
  keyEvents.notify(eventClass, event, call.bytes, call.start[i], call.length[i]);
}

/** A further notification about a change that `keyChanged` told of. */
export function notifyKey(call: Call, i: number, eventClass: KeyEventClass, event: string): void {
  const { keyEvents } = call.node;
  if (keyEvents.listening) keyEvents.notify(eventClass, event, call.bytes, call.start[i], call.length[i]);
}

/** Whether argument `i` is this option, in any case; `word` is lower case. Makes no string. */
export function optionIs(call: Call, i: number, word: string): boolean {
  const { bytes } = call;
  const start = call.start[i];
  if (call.length[i] !== word.length) return false;
  for (let k = 0; k < word.length; k++) if ((bytes[start + k] | 0x20) !== word.charCodeAt(k)) return false;
  return true;
}
