import { countedKeys } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { runAlgebra } from './algebra-request.ts';

export const zintercard: CommandSpec = {
  name: 'zintercard',
  summary: 'Counts the members of the intersection of sorted sets.',
  since: '7.0.0',
  group: 'sorted-set',
  complexity: 'O(N*K) worst case with N being the smallest input sorted set, K being the number of input sorted sets.',
  arity: -3,
  flags: ['readonly', 'movablekeys'],
  categories: ['sortedset'],
  keys: [countedKeys(['RO', 'access'], 1)],
  args: [{ name: 'numkeys', type: 'integer' }, { name: 'key', type: 'key', multiple: true }, { name: 'limit', type: 'integer', token: 'LIMIT', optional: true }],
  run(call) {
    runAlgebra(call, 'inter', 'count', 'zintercard');
  },
};
