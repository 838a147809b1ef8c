import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { popCounted } from './pop-elements.ts';

export const lpop: CommandSpec = {
  name: 'lpop',
  summary: 'Removes and returns the first elements of a list. Deletes the key when none is left.',
  since: '1.0.0',
  group: 'list',
  complexity: 'O(N) where N is the number of elements returned',
  arity: -2,
  flags: ['write', 'fast'],
  categories: ['list'],
  keys: keysAt(['RW', 'access', 'delete'], 0),
  args: [{ name: 'key', type: 'key' }, { name: 'count', type: 'integer', optional: true }],
  run(call) {
    popCounted(call, 'left', 'lpop');
  },
};
