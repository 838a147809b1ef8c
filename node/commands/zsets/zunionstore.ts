import { countedKeys, keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { runAlgebra } from './algebra-request.ts';

export const zunionstore: CommandSpec = {
  name: 'zunionstore',
  summary: 'Stores the union of sorted sets in a key.',
  since: '2.0.0',
  group: 'sorted-set',
  complexity: 'O(N)+O(M*log(M)) with N being the sum of the sizes of the input sorted sets, and M being the number of elements in the resulting sorted set.',
  arity: -4,
  flags: ['write', 'denyoom', 'movablekeys'],
  categories: ['sortedset'],
  keys: [...keysAt(['OW', 'update'], 0), countedKeys(['RO', 'access'], 2)],
  args: [{ name: 'destination', type: 'key' }, { name: 'numkeys', type: 'integer' }, { name: 'key', type: 'key', multiple: true }, { name: 'weight', type: 'integer', token: 'WEIGHTS', optional: true, multiple: true }, { name: 'aggregate', type: 'oneof', token: 'AGGREGATE', optional: true, args: [{ name: 'sum', type: 'pure-token', token: 'SUM' }, { name: 'min', type: 'pure-token', token: 'MIN' }, { name: 'max', type: 'pure-token', token: 'MAX' }] }],
  run(call) {
    runAlgebra(call, 'union', 'store', 'zunionstore');
  },
};
