import { sameBytes } from '../../engine/collections/packed.ts';
import { copyBytes } from '../../engine/copy-bytes.ts';
import { entryType, keepExpiry, stringEncoding } from '../../engine/entry-layout.ts';
import { findKey, hashAt, readKey, wrongTypeLine } from '../key-access.ts';
import { changeString, finishString } from '../strings/change-string.ts';
import type { Call } from '../spec.ts';
import { cardinalityAt, denseBytes, encoding, encodingAt, headerBytes, magic, staleAt, staleBit } from './layout.ts';
import { raiseRegisters } from './register-union.ts';
import { Sketch } from './sketch.ts';

/** How commands reach HyperLogLogs. One is worked on at a time. */
export const sketch: Sketch = new Sketch();

const cardinalityBytes = 8;
export const corruptLine = 'INVALIDOBJ Corrupted HLL object detected';
const notASketchLine = 'WRONGTYPE Key is not a valid HyperLogLog string value.';

/** Opens the entry (`store.entryBytes`, `valueStart`, `valueLength`) if it is a HyperLogLog; false after answering that it is none. */
export function openSketch(call: Call, ref: number): boolean {
  const { store } = call.node;
  if (store.typeOf(ref) !== entryType.string) return refuse(call, wrongTypeLine);
  store.open(ref);
  const { entryBytes, valueStart, valueLength } = store;
  if (valueLength < headerBytes || !sameBytes(entryBytes, valueStart, magic, 0, magic.length)) return refuse(call, notASketchLine);
  const form = entryBytes[valueStart + encodingAt];
  if (form > encoding.sparse || (form === encoding.dense && valueLength !== denseBytes)) return refuse(call, notASketchLine);
  return true;
}

/** Loads the HyperLogLog at argument `i` into `sketch`, an empty one if the key is absent. 1: it was there; 0: absent; -1 after answering that it is none. */
export function loadSketch(call: Call, i: number): number {
  const ref = findKey(call, i);
  if (ref === 0) {
    sketch.clear();
    return 0;
  }
  if (!openSketch(call, ref)) return -1;
  const { store } = call.node;
  sketch.load(store.entryBytes, store.valueStart, store.valueLength);
  return 1;
}

/** Writes `sketch` back to argument `i`; false after answering that there is no room. */
export function storeSketch(call: Call, i: number): boolean {
  const at = changeString(call, i, sketch.length, stringEncoding.raw);
  if (at < 0) return false;
  copyBytes(sketch.bytes, 0, call.node.store.entryBytes, at, sketch.length);
  finishString(call, i, 'pfadd');
  return true;
}

/** Raises `registers` to what the HyperLogLogs of all arguments from 1 on hold; undefined after answering an error, else whether one of them is dense. */
export function uniteAll(call: Call, registers: Uint8Array): 'dense' | 'sparse' | undefined {
  const { store } = call.node;
  let form: 'dense' | 'sparse' = 'sparse';
  registers.fill(0);
  for (let i = 1; i < call.argc; i++) {
    const ref = readKey(call, i);
    if (ref === 0) continue;
    if (!openSketch(call, ref)) return undefined;
    const { entryBytes, valueStart, valueLength } = store;
    if (entryBytes[valueStart + encodingAt] === encoding.dense) form = 'dense';
    if (raiseRegisters(registers, entryBytes, valueStart, valueStart + valueLength)) continue;
    call.reply.error(corruptLine);
    return undefined;
  }
  return form;
}

/** Keeps the cardinality in the value of argument 1: a write that WATCH and tracking are told of and notifications are not. */
export function cacheCardinality(call: Call, cardinality: number): void {
  const { bytes, start, length, keySlot, nowMs, node } = call;
  const { store, keyEvents } = node;
  const ref = store.space(bytes, start[1], length[1], keySlot, hashAt(call, 1), store.valueLength, entryType.string, stringEncoding.raw, keepExpiry, nowMs, true);
  if (ref === 0) return;
  store.open(ref);
  let rest = cardinality;
  for (let i = 0; i < cardinalityBytes; i++) {
    store.entryBytes[store.valueStart + cardinalityAt + i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  store.wrote(ref);
  if (keyEvents.listening) keyEvents.changed(bytes, start[1], length[1]);
}

/** The cached cardinality of the open entry, -1 when it is out of date. */
export function cachedCardinality(bytes: Uint8Array, start: number): number {
  if ((bytes[start + staleAt] & staleBit) !== 0) return -1;
  let cardinality = 0;
  for (let i = cardinalityBytes - 1; i >= 0; i--) cardinality = cardinality * 256 + bytes[start + cardinalityAt + i];
  return cardinality;
}

function refuse(call: Call, line: string): false {
  call.reply.error(line);
  return false;
}
