import { entryType, maxValueBytes } from '../../engine/entry-layout.ts';
import { keepExpiry } from '../../engine/store.ts';
import { hashAt, keyChanged, keyTooLarge, noRoomLine } from '../key-access.ts';
import type { Call } from '../spec.ts';

/** Changes a string in place: APPEND, SETRANGE, SETBIT. One change at a time, so what it works on is kept here. */
let changing = 0;

const tooLongLine = 'ERR string exceeds maximum allowed size (proto-max-bulk-len)';

/**
 * Gives the key's string a new length, keeping what it held, creating the key if need be; returns where its value begins in `store.entryBytes`. Bytes behind the old
 * end are arbitrary. -1 after answering an error. Then fill and call `finishString`.
 */
export function changeString(call: Call, i: number, length: number, encoding: number): number {
  if (length > maxValueBytes) {
    call.reply.error(tooLongLine);
    return -1;
  }
  if (keyTooLarge(call, i)) return -1;
  const { store } = call.node;
  changing = store.space(call.bytes, call.start[i], call.length[i], call.keySlot, hashAt(call, i), length, entryType.string, encoding, keepExpiry, call.nowMs, true);
  if (changing === 0) {
    call.reply.error(noRoomLine(call));
    return -1;
  }
  store.open(changing);
  return store.valueStart;
}

export function finishString(call: Call, i: number, event: string): void {
  call.node.store.wrote(changing);
  keyChanged(call, i, '$', event);
}

/** As `finishString` where the value turned out to stay as it was. */
export function finishUnchanged(call: Call): void {
  call.node.store.wrote(changing);
}
