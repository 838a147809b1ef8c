import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { removeSpan } from './remove-span.ts';
import { scoreRangeAt, spanOfScores } from './score-range.ts';

export const zremrangebyscore: CommandSpec = {
  name: 'zremrangebyscore',
  summary: 'Removes members of a sorted set with scores in a range.',
  since: '1.2.0',
  group: 'sorted-set',
  complexity: 'O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the operation.',
  arity: 4,
  flags: ['write'],
  categories: ['sortedset'],
  keys: keysAt(['RW', 'delete'], 0),
  args: [{ name: 'key', type: 'key' }, { name: 'min', type: 'double' }, { name: 'max', type: 'double' }],
  run(call) {
    const range = scoreRangeAt(call, 2, 3);
    if (range !== undefined) removeSpan(call, (zsets) => spanOfScores(zsets, range), 'zremrangebyscore');
  },
};
