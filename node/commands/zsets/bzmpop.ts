import { countedKeys } from '../key-specs.ts';
import { multiplePopAt } from '../multiple-pop.ts';
import type { CommandSpec } from '../spec.ts';
import { popOrWait } from './pop-members.ts';

export const bzmpop: CommandSpec = {
  name: 'bzmpop',
  summary: 'Removes and returns members with the lowest or highest scores of the first sorted set that has any, or waits for one.',
  since: '7.0.0',
  group: 'sorted-set',
  complexity: 'O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of elements in the sorted set, and M being the number of elements popped.',
  arity: -5,
  flags: ['write', 'blocking', 'movablekeys'],
  categories: ['sortedset'],
  keys: [countedKeys(['RW', 'access', 'delete'], 2)],
  args: [{ name: 'timeout', type: 'double' }, { name: 'numkeys', type: 'integer' }, { name: 'key', type: 'key', multiple: true }, { name: 'where', type: 'oneof', args: [{ name: 'min', type: 'pure-token', token: 'MIN' }, { name: 'max', type: 'pure-token', token: 'MAX' }] }, { name: 'count', type: 'integer', token: 'COUNT', optional: true }],
  run(call) {
    const pop = multiplePopAt(call, 2, 'min', 'max');
    if (pop !== undefined) popOrWait(call, pop.firstKey, pop.lastKey, 1, pop.fromLast ? 'max' : 'min', pop.count, 'keyAndPairs');
  },
};
