import { oneReadKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { replyRandom } from './reply-random.ts';

export const zrandmember: CommandSpec = {
  name: 'zrandmember',
  summary: 'Returns random members of a sorted set.',
  since: '6.2.0',
  group: 'sorted-set',
  complexity: 'O(N) where N is the number of elements returned',
  arity: -2,
  flags: ['readonly'],
  categories: ['sortedset'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }, { name: 'options', type: 'block', optional: true, args: [{ name: 'count', type: 'integer' }, { name: 'withscores', type: 'pure-token', token: 'WITHSCORES', optional: true }] }],
  run(call) {
    replyRandom(call);
  },
};
