import { countedKeys, keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { runAlgebra } from './algebra-request.ts';

export const zdiffstore: CommandSpec = {
  name: 'zdiffstore',
  summary: 'Stores the difference of sorted sets in a key.',
  since: '6.2.0',
  group: 'sorted-set',
  complexity: 'O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, N is the size of the first set, and K is the size of the result set.',
  arity: -4,
  flags: ['write', 'denyoom', 'movablekeys'],
  categories: ['sortedset'],
  keys: [...keysAt(['OW', 'update'], 0), countedKeys(['RO', 'access'], 2)],
  args: [{ name: 'destination', type: 'key' }, { name: 'numkeys', type: 'integer' }, { name: 'key', type: 'key', multiple: true }],
  run(call) {
    runAlgebra(call, 'diff', 'store', 'zdiffstore');
  },
};
