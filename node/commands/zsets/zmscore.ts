import { entryType } from '../../engine/entry-layout.ts';
import { readCollection, wrongType } from '../key-access.ts';
import { oneReadKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

export const zmscore: CommandSpec = {
  name: 'zmscore',
  summary: 'Returns the scores of members of a sorted set.',
  since: '6.2.0',
  group: 'sorted-set',
  complexity: 'O(N) where N is the number of members being requested.',
  arity: -3,
  flags: ['readonly', 'fast'],
  categories: ['sortedset'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }, { name: 'member', type: 'string', multiple: true }],
  run(call) {
    const ref = readCollection(call, 1, entryType.zset);
    if (ref === wrongType) return;
    const { zsets } = call.node.store.collections;
    if (ref !== 0) zsets.load(ref);
    call.reply.array(call.argc - 2);
    for (let i = 2; i < call.argc; i++) {
      if (ref !== 0 && zsets.find(call.bytes, call.start[i], call.length[i])) call.reply.double(zsets.score);
      else call.reply.nil();
    }
  },
};
