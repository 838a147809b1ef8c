import { entryType } from '../../engine/entry-layout.ts';
import { readCollection, wrongType } from '../key-access.ts';
import { oneReadKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

export const zscore: CommandSpec = {
  name: 'zscore',
  summary: 'Returns the score of a member of a sorted set.',
  since: '1.2.0',
  group: 'sorted-set',
  complexity: 'O(1)',
  arity: 3,
  flags: ['readonly', 'fast'],
  categories: ['sortedset'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }, { name: 'member', type: 'string' }],
  run(call) {
    const ref = readCollection(call, 1, entryType.zset);
    if (ref === wrongType) return;
    const { zsets } = call.node.store.collections;
    if (ref !== 0) zsets.load(ref);
    if (ref !== 0 && zsets.find(call.bytes, call.start[2], call.length[2])) call.reply.double(zsets.score);
    else call.reply.nil();
  },
};
