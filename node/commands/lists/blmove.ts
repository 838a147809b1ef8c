import { timeoutAt } from '../blocking-keys.ts';
import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { listEndAt } from './list-end.ts';
import { moveOrWait } from './move-element.ts';

export const blmove: CommandSpec = {
  name: 'blmove',
  summary: 'Takes an element from one list, puts it into another and returns it; waits until there is one.',
  since: '6.2.0',
  group: 'list',
  complexity: 'O(1)',
  arity: 6,
  flags: ['write', 'denyoom', 'noscript', 'blocking'],
  categories: ['list'],
  keys: [...keysAt(['RW', 'access', 'delete'], 0), ...keysAt(['RW', 'insert'], 0, 1, 2)],
  args: [{ name: 'source', type: 'key' }, { name: 'destination', type: 'key' }, { name: 'wherefrom', type: 'oneof', args: [{ name: 'left', type: 'pure-token', token: 'LEFT' }, { name: 'right', type: 'pure-token', token: 'RIGHT' }] }, { name: 'whereto', type: 'oneof', args: [{ name: 'left', type: 'pure-token', token: 'LEFT' }, { name: 'right', type: 'pure-token', token: 'RIGHT' }] }, { name: 'timeout', type: 'double' }],
  run(call) {
    const from = listEndAt(call, 3);
    const to = from === undefined ? undefined : listEndAt(call, 4);
    if (from === undefined || to === undefined) return;
    const timeoutMs = timeoutAt(call, 5);
    if (timeoutMs >= 0) moveOrWait(call, from, to, timeoutMs);
  },
};
