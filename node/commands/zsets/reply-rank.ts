import { entryType } from '../../engine/entry-layout.ts';
import { readCollection, wrongType } from '../key-access.ts';
import type { Call } from '../spec.ts';

/** ZRANK and ZREVRANK: members before this one, or behind it. */
export function replyRank(call: Call, fromTop: boolean): void {
  const ref = readCollection(call, 1, entryType.zset);
  if (ref === wrongType) return;
  if (ref === 0) return call.reply.nil();
  const { zsets } = call.node.store.collections;
  zsets.load(ref);
  const rank = zsets.rankOf(call.bytes, call.start[2], call.length[2]);
  if (rank < 0) call.reply.nil();
  else call.reply.integer(fromTop ? zsets.size - 1 - rank : rank);
}
