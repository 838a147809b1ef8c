import { stringEncoding } from '../../engine/entry-layout.ts';
import { noExpiry } from '../../engine/store.ts';
import { keyChanged, notifyKey, putString } from '../key-access.ts';
import type { Call } from '../spec.ts';
import { expiryAt, type timeUnit } from './expiry-options.ts';

/** SETEX and PSETEX: the value of argument 3, for as long as argument 2 says. */
export function setUntil(call: Call, unit: (typeof timeUnit)[keyof typeof timeUnit], name: string): void {
  const expireAtMs = expiryAt(call, 2, unit, name);
  if (expireAtMs === noExpiry || !putString(call, 1, call.bytes, call.start[3], call.length[3], stringEncoding.plain, expireAtMs)) return;
  keyChanged(call, 1, '$', 'set');
  notifyKey(call, 1, 'g', 'expire');
  call.reply.ok();
}
