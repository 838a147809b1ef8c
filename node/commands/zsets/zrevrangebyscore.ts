import { oneReadKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { replyRange } from './reply-range.ts';

export const zrevrangebyscore: CommandSpec = {
  name: 'zrevrangebyscore',
  summary: 'Returns members of a sorted set with scores in a range, highest first.',
  since: '2.2.0',
  group: 'sorted-set',
  complexity: 'O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements returned.',
  arity: -4,
  flags: ['readonly'],
  categories: ['sortedset'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }, { name: 'max', type: 'double' }, { name: 'min', type: 'double' }, { name: 'withscores', type: 'pure-token', token: 'WITHSCORES', optional: true }, { name: 'limit', type: 'block', token: 'LIMIT', optional: true, args: [{ name: 'offset', type: 'integer' }, { name: 'count', type: 'integer' }] }],
  run(call) {
    replyRange(call, { by: 'score', reverse: true });
  },
};
