import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { lexRangeAt, spanOfMembers } from './lex-range.ts';
import { removeSpan } from './remove-span.ts';

export const zremrangebylex: CommandSpec = {
  name: 'zremrangebylex',
  summary: 'Removes members of a sorted set within a lexicographical range.',
  since: '2.8.9',
  group: 'sorted-set',
  complexity: 'O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the operation.',
  arity: 4,
  flags: ['write'],
  categories: ['sortedset'],
  keys: keysAt(['RW', 'delete'], 0),
  args: [{ name: 'key', type: 'key' }, { name: 'min', type: 'string' }, { name: 'max', type: 'string' }],
  run(call) {
    const range = lexRangeAt(call, 2, 3);
    if (range !== undefined) removeSpan(call, (zsets) => spanOfMembers(call, zsets, range), 'zremrangebylex');
  },
};
