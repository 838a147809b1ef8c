import { hashAt, keyChanged, keyTooLarge, makeRoom, removeKey } from '../key-access.ts';
import { keyReady } from '../blocking-keys.ts';
import type { Call } from '../spec.ts';
import type { ScoredRows } from '../working-memory/scored-rows.ts';

const memberOverheadBytes = 40;

/** What is known of a result before it is stored: so many members, and the length of the longest. */
export interface Expected {
  readonly members: number;
  readonly longestBytes: number;
}

/** ZUNIONSTORE and its kin: the result replaces whatever is at argument `key`, and its size is answered. */
export function storeMembers(call: Call, key: number, members: ScoredRows, event: string, expected: Expected = { members: members.count, longestBytes: members.longestBytes }): void {
  const { store } = call.node;
  const { bytes, start, length } = call;
  const { count, rows } = members;
  if (count === 0) {
    if (removeKey(call, key)) keyChanged(call, key, 'g', 'del');
    return call.reply.integer(0);
  }
  if (keyTooLarge(call, key)) return;
  members.own();
  if (!makeRoom(call, key, members.bytes + count * memberOverheadBytes, 1)) return;
  removeKey(call, key);
  const { zsets } = store.collections;
  zsets.edit(bytes, start[key], length[key], call.keySlot, hashAt(call, key), call.nowMs);
  zsets.expect(expected.members, expected.longestBytes);
  for (let i = 0; i < count; i++) {
    const score = members.look(i);
    zsets.set(rows.bytes, rows.start, rows.length, score);
  }
  zsets.done();
  keyChanged(call, key, 'z', event);
  keyReady(call, key);
  call.reply.integer(count);
}
