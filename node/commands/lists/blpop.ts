import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { popOneOrWait } from './pop-elements.ts';

export const blpop: CommandSpec = {
  name: 'blpop',
  summary: 'Removes and returns the first element of the first list that has any, or waits for one.',
  since: '2.0.0',
  group: 'list',
  complexity: 'O(N) where N is the number of provided keys.',
  arity: -3,
  flags: ['write', 'noscript', 'blocking'],
  categories: ['list'],
  keys: keysAt(['RW', 'access', 'delete'], -2),
  args: [{ name: 'key', type: 'key', multiple: true }, { name: 'timeout', type: 'double' }],
  run(call) {
    popOneOrWait(call, 'left');
  },
};
