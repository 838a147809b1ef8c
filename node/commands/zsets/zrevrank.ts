import { oneReadKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { replyRank } from './reply-rank.ts';

export const zrevrank: CommandSpec = {
  name: 'zrevrank',
  summary: 'Returns the position of a member of a sorted set, by descending score.',
  since: '2.0.0',
  group: 'sorted-set',
  complexity: 'O(log(N))',
  arity: 3,
  flags: ['readonly', 'fast'],
  categories: ['sortedset'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }, { name: 'member', type: 'string' }],
  run: (call) => replyRank(call, true),
};
