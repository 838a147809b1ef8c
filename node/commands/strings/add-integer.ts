import { stringEncoding } from '../../engine/entry-layout.ts';
import { keepExpiry } from '../../engine/store.ts';
import { maxInt64, minInt64, parseInteger64, parseShortInteger, writeInteger } from '../integer-text.ts';
import { findString, keyChanged, notAnIntegerLine, putString, wrongType } from '../key-access.ts';
import type { Call } from '../spec.ts';

const scratch = new Uint8Array(32);
/** Sums of numbers below this are exact and have at most 16 digits. */
const exactLimit = 1e15;

/** INCR, DECR, INCRBY, DECRBY: adds to the number at the key and answers the sum. `long` replaces `delta` beyond 15 digits. */
export function addInteger(call: Call, delta: number, long?: bigint): void {
  const ref = findString(call, 1);
  if (ref === wrongType) return;
  const { store } = call.node;
  let value = 0;
  if (ref !== 0) {
    store.open(ref);
    value = parseShortInteger(store.entryBytes, store.valueStart, store.valueLength);
  }
  if (long !== undefined || Number.isNaN(value) || Math.abs(value) >= exactLimit) return addLong(call, ref, long ?? BigInt(delta));
  const sum = value + delta;
  const length = writeInteger(scratch, 0, sum);
  if (!putString(call, 1, scratch, 0, length, stringEncoding.plain, keepExpiry)) return;
  keyChanged(call, 1, '$', 'incrby');
  call.reply.integer(sum);
}

function addLong(call: Call, ref: number, delta: bigint): void {
  const { store } = call.node;
  const value = ref === 0 ? 0n : parseInteger64(store.entryBytes, store.valueStart, store.valueLength);
  if (value === undefined) return call.reply.error(notAnIntegerLine);
  const sum = value + delta;
  if (sum < minInt64 || sum > maxInt64) return call.reply.error('ERR increment or decrement would overflow');
  const text = sum.toString();
  for (let i = 0; i < text.length; i++) scratch[i] = text.charCodeAt(i);
  if (!putString(call, 1, scratch, 0, text.length, stringEncoding.plain, keepExpiry)) return;
  keyChanged(call, 1, '$', 'incrby');
  call.reply.integer64(sum);
}

/** INCRBY and DECRBY: the increment is argument 2, times `sign`. */
export function addArgument(call: Call, sign: 1 | -1): void {
  const { bytes, start, length, reply } = call;
  const delta = parseShortInteger(bytes, start[2], length[2]);
  if (!Number.isNaN(delta)) return addInteger(call, sign * delta);
  const long = parseInteger64(bytes, start[2], length[2]);
  if (long === undefined) return reply.error(notAnIntegerLine);
  if (sign === -1 && long === minInt64) return reply.error('ERR decrement would overflow');
  addInteger(call, 0, sign === 1 ? long : -long);
}
