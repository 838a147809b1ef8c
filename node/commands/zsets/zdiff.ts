import { countedKeys } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { runAlgebra } from './algebra-request.ts';

export const zdiff: CommandSpec = {
  name: 'zdiff',
  summary: 'Returns the difference of sorted sets.',
  since: '6.2.0',
  group: 'sorted-set',
  complexity: 'O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, N is the size of the first set, and K is the size of the result set.',
  arity: -3,
  flags: ['readonly', 'movablekeys'],
  categories: ['sortedset'],
  keys: [countedKeys(['RO', 'access'], 1)],
  args: [{ name: 'numkeys', type: 'integer' }, { name: 'key', type: 'key', multiple: true }, { name: 'withscores', type: 'pure-token', token: 'WITHSCORES', optional: true }],
  run(call) {
    runAlgebra(call, 'diff', 'reply', 'zdiff');
  },
};
