import { entryType } from '../../engine/entry-layout.ts';
import { readCollection, wrongType } from '../key-access.ts';
import { oneReadKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { spanSize } from './rank-span.ts';
import { scoreRangeAt, spanOfScores } from './score-range.ts';

export const zcount: CommandSpec = {
  name: 'zcount',
  summary: 'Counts the members of a sorted set with scores in a range.',
  since: '2.0.0',
  group: 'sorted-set',
  complexity: 'O(log(N)) with N being the number of elements in the sorted set.',
  arity: 4,
  flags: ['readonly', 'fast'],
  categories: ['sortedset'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }, { name: 'min', type: 'double' }, { name: 'max', type: 'double' }],
  run(call) {
    const range = scoreRangeAt(call, 2, 3);
    if (range === undefined) return;
    const ref = readCollection(call, 1, entryType.zset);
    if (ref === wrongType) return;
    const { zsets } = call.node.store.collections;
    if (ref === 0) return call.reply.integer(0);
    zsets.load(ref);
    call.reply.integer(spanSize(spanOfScores(zsets, range)));
  },
};
