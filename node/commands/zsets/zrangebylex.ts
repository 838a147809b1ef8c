import { oneReadKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { replyRange } from './reply-range.ts';

export const zrangebylex: CommandSpec = {
  name: 'zrangebylex',
  summary: 'Returns members of a sorted set within a lexicographical range.',
  since: '2.8.9',
  group: 'sorted-set',
  complexity: 'O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements returned.',
  arity: -4,
  flags: ['readonly'],
  categories: ['sortedset'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }, { name: 'min', type: 'string' }, { name: 'max', type: 'string' }, { name: 'limit', type: 'block', token: 'LIMIT', optional: true, args: [{ name: 'offset', type: 'integer' }, { name: 'count', type: 'integer' }] }],
  run(call) {
    replyRange(call, { by: 'lex', reverse: false });
  },
};
