import { countedKeys } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { runAlgebra } from './algebra-request.ts';

export const zinter: CommandSpec = {
  name: 'zinter',
  summary: 'Returns the intersection of sorted sets.',
  since: '6.2.0',
  group: 'sorted-set',
  complexity: 'O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of input sorted sets and M being the number of elements in the resulting sorted set.',
  arity: -3,
  flags: ['readonly', 'movablekeys'],
  categories: ['sortedset'],
  keys: [countedKeys(['RO', 'access'], 1)],
  args: [{ name: 'numkeys', type: 'integer' }, { name: 'key', type: 'key', multiple: true }, { name: 'weight', type: 'integer', token: 'WEIGHTS', optional: true, multiple: true }, { name: 'aggregate', type: 'oneof', token: 'AGGREGATE', optional: true, args: [{ name: 'sum', type: 'pure-token', token: 'SUM' }, { name: 'min', type: 'pure-token', token: 'MIN' }, { name: 'max', type: 'pure-token', token: 'MAX' }] }, { name: 'withscores', type: 'pure-token', token: 'WITHSCORES', optional: true }],
  run(call) {
    runAlgebra(call, 'inter', 'reply', 'zinter');
  },
};
