import { oneReadKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { replyRange } from './reply-range.ts';

export const zrange: CommandSpec = {
  name: 'zrange',
  summary: 'Returns members of a sorted set: by position, by score or by lexicographical order.',
  since: '1.2.0',
  group: 'sorted-set',
  complexity: 'O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements returned.',
  arity: -4,
  flags: ['readonly'],
  categories: ['sortedset'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }, { name: 'start', type: 'string' }, { name: 'stop', type: 'string' }, { name: 'sortby', type: 'oneof', optional: true, args: [{ name: 'byscore', type: 'pure-token', token: 'BYSCORE' }, { name: 'bylex', type: 'pure-token', token: 'BYLEX' }] }, { name: 'rev', type: 'pure-token', token: 'REV', optional: true }, { name: 'limit', type: 'block', token: 'LIMIT', optional: true, args: [{ name: 'offset', type: 'integer' }, { name: 'count', type: 'integer' }] }, { name: 'withscores', type: 'pure-token', token: 'WITHSCORES', optional: true }],
  run(call) {
    replyRange(call, {});
  },
};
