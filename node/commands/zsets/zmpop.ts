import { entryType } from '../../engine/entry-layout.ts';
import { firstFilled } from '../blocking-keys.ts';
import { countedKeys } from '../key-specs.ts';
import { multiplePopAt } from '../multiple-pop.ts';
import type { CommandSpec } from '../spec.ts';
import { popMembers } from './pop-members.ts';

export const zmpop: CommandSpec = {
  name: 'zmpop',
  summary: 'Removes and returns members with the lowest or highest scores of the first sorted set that has any.',
  since: '7.0.0',
  group: 'sorted-set',
  complexity: 'O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of elements in the sorted set, and M being the number of elements popped.',
  arity: -4,
  flags: ['write', 'movablekeys'],
  categories: ['sortedset'],
  keys: [countedKeys(['RW', 'access', 'delete'], 1)],
  args: [{ name: 'numkeys', type: 'integer' }, { name: 'key', type: 'key', multiple: true }, { name: 'where', type: 'oneof', args: [{ name: 'min', type: 'pure-token', token: 'MIN' }, { name: 'max', type: 'pure-token', token: 'MAX' }] }, { name: 'count', type: 'integer', token: 'COUNT', optional: true }],
  run(call) {
    const pop = multiplePopAt(call, 1, 'min', 'max');
    if (pop === undefined) return;
    const key = firstFilled(call, pop.firstKey, pop.lastKey, entryType.zset);
    if (key > 0) popMembers(call, key, pop.fromLast ? 'max' : 'min', pop.count, 'keyAndPairs');
    else if (key === 0) call.reply.nullArray();
  },
};
