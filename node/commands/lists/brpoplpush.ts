import { timeoutAt } from '../blocking-keys.ts';
import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { moveOrWait } from './move-element.ts';

export const brpoplpush: CommandSpec = {
  name: 'brpoplpush',
  summary: 'Takes the last element of one list, puts it in front of another and returns it; waits until there is one.',
  since: '2.2.0',
  group: 'list',
  complexity: 'O(1)',
  arity: 4,
  flags: ['write', 'denyoom', 'noscript', 'blocking'],
  categories: ['list'],
  keys: [...keysAt(['RW', 'access', 'delete'], 0), ...keysAt(['RW', 'insert'], 0, 1, 2)],
  args: [{ name: 'source', type: 'key' }, { name: 'destination', type: 'key' }, { name: 'timeout', type: 'double' }],
  run(call) {
    const timeoutMs = timeoutAt(call, 3);
    if (timeoutMs >= 0) moveOrWait(call, 'right', 'left', timeoutMs);
  },
};
