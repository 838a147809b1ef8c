import { findKey, hashAt, keyChanged, keyTooLarge, noSuchKeyLine, noRoomLine, removeKey } from '../key-access.ts';
import type { Call } from '../spec.ts';

/** Moves argument 1 to argument 2. 1: done; 0: the target exists and `onlyIfAbsent` is set; -1: an error was answered. */
export function renameKey(call: Call, onlyIfAbsent: boolean): number {
  const { bytes, start, length, reply } = call;
  const ref = findKey(call, 1);
  if (ref === 0) return refuse(call, noSuchKeyLine);
  if (keyTooLarge(call, 2)) return -1;
  const same = length[1] === length[2] && bytes.subarray(start[1], start[1] + length[1]).every((byte, i) => byte === bytes[start[2] + i]);
  if (same) return onlyIfAbsent ? 0 : 1;
  const target = findKey(call, 2);
  if (target !== 0 && onlyIfAbsent) return 0;
  const { store } = call.node;
  if (!store.moveEntry(findKey(call, 1), bytes, start[2], length[2], call.keySlot, hashAt(call, 2), call.nowMs)) {
    reply.error(noRoomLine(call));
    return -1;
  }
  removeKey(call, 1);
  keyChanged(call, 1, 'g', 'rename_from');
  keyChanged(call, 2, 'g', 'rename_to');
  if (call.node.keyEvents.listening) call.node.keyEvents.ready(bytes, start[2], length[2]);
  return 1;
}

function refuse(call: Call, line: string): number {
  call.reply.error(line);
  return -1;
}
