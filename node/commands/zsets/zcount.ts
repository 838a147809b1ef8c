import { oneReadKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { replyCount } from './reply-count.ts';

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
  run: (call) => replyCount(call, 'score'),
};
