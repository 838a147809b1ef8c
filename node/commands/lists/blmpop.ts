import { entryType } from '../../engine/entry-layout.ts';
import { firstFilled, timeoutAt, waitForKeys } from '../blocking-keys.ts';
import { countedKeys } from '../key-specs.ts';
import { multiplePopAt } from '../multiple-pop.ts';
import type { CommandSpec } from '../spec.ts';
import { popWithKey } from './pop-elements.ts';

export const blmpop: CommandSpec = {
  name: 'blmpop',
  summary: 'Removes and returns elements of the first list that has any, or waits for some.',
  since: '7.0.0',
  group: 'list',
  complexity: 'O(N+M) where N is the number of provided keys and M is the number of elements returned.',
  arity: -5,
  flags: ['write', 'blocking', 'movablekeys'],
  categories: ['list'],
  keys: [countedKeys(['RW', 'access', 'delete'], 2)],
  args: [{ name: 'timeout', type: 'double' }, { name: 'numkeys', type: 'integer' }, { name: 'key', type: 'key', multiple: true }, { name: 'where', type: 'oneof', args: [{ name: 'left', type: 'pure-token', token: 'LEFT' }, { name: 'right', type: 'pure-token', token: 'RIGHT' }] }, { name: 'count', type: 'integer', token: 'COUNT', optional: true }],
  run(call) {
    const pop = multiplePopAt(call, 2, 'left', 'right');
    if (pop === undefined) return;
    const timeoutMs = timeoutAt(call, 1);
    if (timeoutMs < 0) return;
    const key = firstFilled(call, pop.firstKey, pop.lastKey, entryType.list);
    if (key > 0) popWithKey(call, key, pop.fromLast ? 'right' : 'left', pop.count);
    else if (key === 0) waitForKeys(call, pop.firstKey, pop.lastKey, timeoutMs, 'nullArray');
  },
};
