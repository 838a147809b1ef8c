import { entryType } from '../../engine/entry-layout.ts';
import { readCollection, wrongType } from '../key-access.ts';
import { oneReadKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { lexRangeAt, spanOfMembers } from './lex-range.ts';
import { spanSize } from './rank-span.ts';

export const zlexcount: CommandSpec = {
  name: 'zlexcount',
  summary: 'Counts the members of a sorted set within a lexicographical range.',
  since: '2.8.9',
  group: 'sorted-set',
  complexity: 'O(log(N)) with N being the number of elements in the sorted set.',
  arity: 4,
  flags: ['readonly', 'fast'],
  categories: ['sortedset'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }, { name: 'min', type: 'string' }, { name: 'max', type: 'string' }],
  run(call) {
    const range = lexRangeAt(call, 2, 3);
    if (range === undefined) return;
    const ref = readCollection(call, 1, entryType.zset);
    if (ref === wrongType) return;
    const { zsets } = call.node.store.collections;
    if (ref === 0) return call.reply.integer(0);
    zsets.load(ref);
    call.reply.integer(spanSize(spanOfMembers(call, zsets, range)));
  },
};
