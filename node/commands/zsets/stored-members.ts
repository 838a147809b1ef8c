import type { Zsets } from '../../engine/collections/zsets.ts';
import { hashAt, keyChanged, keyTooLarge, makeRoom, removeKey } from '../key-access.ts';
import { keyReady } from '../blocking-keys.ts';
import type { Call } from '../spec.ts';

export interface ScoredMember {
  readonly member: Buffer;
  readonly score: number;
}

const memberOverheadBytes = 40;

/** The member in view, for after the next operation. */
export const copyOf = (zsets: Zsets): ScoredMember => ({ member: Buffer.from(zsets.memberBytes.subarray(zsets.memberStart, zsets.memberStart + zsets.memberLength)), score: zsets.score });

export function inOrder(a: ScoredMember, b: ScoredMember): number {
  if (a.score !== b.score) return a.score < b.score ? -1 : 1;
  return Buffer.compare(a.member, b.member);
}

/** What is known of a result before it is stored: so many members, and the length of the longest. */
export interface Expected {
  readonly members: number;
  readonly longestBytes: number;
}

const sizeOf = (members: readonly ScoredMember[]): Expected => ({ members: members.length, longestBytes: members.reduce((longest, { member }) => Math.max(longest, member.length), 0) });

/** ZUNIONSTORE and its kin: the result replaces whatever is at argument `key`, and its size is answered. */
export function storeMembers(call: Call, key: number, members: readonly ScoredMember[], event: string, expected: Expected = sizeOf(members)): void {
  const { store } = call.node;
  const { bytes, start, length } = call;
  if (members.length === 0) {
    if (removeKey(call, key)) keyChanged(call, key, 'g', 'del');
    return call.reply.integer(0);
  }
  if (keyTooLarge(call, key)) return;
  if (!makeRoom(call, key, members.reduce((sum, { member }) => sum + member.length + memberOverheadBytes, 0), 1)) return;
  removeKey(call, key);
  const { zsets } = store.collections;
  zsets.edit(bytes, start[key], length[key], call.keySlot, hashAt(call, key), call.nowMs);
  zsets.expect(expected.members, expected.longestBytes);
  for (const { member, score } of members) zsets.set(member, 0, member.length, score);
  zsets.done();
  keyChanged(call, key, 'z', event);
  keyReady(call, key);
  call.reply.integer(members.length);
}
