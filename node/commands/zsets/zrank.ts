import { entryType } from '../../engine/entry-layout.ts';
import { readCollection, wrongType } from '../key-access.ts';
import { oneReadKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

export const zrank: CommandSpec = {
  name: 'zrank',
  summary: 'Returns the position of a member of a sorted set, by ascending score.',
  since: '2.0.0',
  group: 'sorted-set',
  complexity: 'O(log(N))',
  arity: 3,
  flags: ['readonly', 'fast'],
  categories: ['sortedset'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }, { name: 'member', type: 'string' }],
  run(call) {
    const ref = readCollection(call, 1, entryType.zset);
    if (ref === wrongType) return;
    const { zsets } = call.node.store.collections;
    if (ref === 0) return call.reply.nil();
    zsets.load(ref);
    const rank = zsets.rankOf(call.bytes, call.start[2], call.length[2]);
    if (rank < 0) call.reply.nil();
    else call.reply.integer(rank);
  },
};
