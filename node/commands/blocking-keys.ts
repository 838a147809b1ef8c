import { parseDecimal } from './decimal.ts';
import { latin1At } from './arguments.ts';
import { findKey, wrongTypeLine } from './key-access.ts';
import type { EntryType } from '../engine/entry-layout.ts';
import type { Call } from './spec.ts';

/** What commands that wait for keys (BLPOP, BZPOPMIN …) have in common. */

const maxTimeoutMs = 2n ** 63n - 1n;

/** A timeout in seconds, with decimals, as milliseconds rounded up; -1 after answering what is wrong. */
export function timeoutAt(call: Call, i: number): number {
  const value = parseDecimal(latin1At(call, i));
  if (value === undefined) return refuse(call, 'ERR timeout is not a float or out of range');
  if (value === 'infinite') return refuse(call, 'ERR timeout is negative');
  const divisor = 10n ** BigInt(value.scale);
  const scaled = value.digits * 1000n;
  const inMs = scaled > 0n ? (scaled + divisor - 1n) / divisor : scaled / divisor;
  return inMs < 0n || inMs > maxTimeoutMs ? refuse(call, 'ERR timeout is negative') : Number(inMs);
}

/** The first of the key arguments that holds something; 0: none does; -1 after answering WRONGTYPE. A client that waits goes on waiting while a key is of another type. */
export function firstFilled(call: Call, first: number, last: number, type: EntryType): number {
  for (let i = first; i <= last; i++) {
    const ref = findKey(call, i);
    if (ref === 0) continue;
    if (call.node.store.typeOf(ref) === type) return i;
    if (!call.client.blocked) return refuse(call, wrongTypeLine);
  }
  return 0;
}

/** Waits for the keys first…last, or answers as if the time were up where nothing may wait. */
export function waitForKeys(call: Call, first: number, last: number, timeoutMs: number, onTimeout: 'nil' | 'nullArray'): void {
  if (call.client.inTransaction) {
    if (onTimeout === 'nil') call.reply.nil();
    else call.reply.nullArray();
    return;
  }
  call.node.server.blocking.wait(call, Array.from({ length: last - first + 1 }, (_, i) => first + i), timeoutMs, onTimeout);
}

/** The key at argument `i` holds something now: who waits for it is served behind this command. */
export function keyReady(call: Call, i: number): void {
  const { keyEvents } = call.node;
  if (keyEvents.listening) keyEvents.ready(call.bytes, call.start[i], call.length[i]);
}

function refuse(call: Call, line: string): -1 {
  call.reply.error(line);
  return -1;
}
