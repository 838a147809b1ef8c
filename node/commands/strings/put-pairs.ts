import { stringEncoding } from '../../engine/entry-layout.ts';
import { noExpiry } from '../../engine/store.ts';
import { keyChanged, keyTooLarge, makeRoom, putString } from '../key-access.ts';
import type { Call } from '../spec.ts';

/** Writes all pairs of MSET and MSETNX, or none: answers and returns false when a key is too long or there is no room. */
export function putPairs(call: Call): boolean {
  let total = 0;
  for (let i = 1; i < call.argc; i++) {
    if (i % 2 === 1 && keyTooLarge(call, i)) return false;
    total += call.length[i];
  }
  if (!makeRoom(call, 1, total, call.argc >> 1)) return false;
  for (let i = 1; i < call.argc; i += 2) {
    if (!putString(call, i, call.bytes, call.start[i + 1], call.length[i + 1], stringEncoding.plain, noExpiry)) return false;
    keyChanged(call, i, '$', 'set');
  }
  return true;
}
