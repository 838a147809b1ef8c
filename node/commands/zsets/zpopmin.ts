import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { popCounted } from './pop-members.ts';

export const zpopmin: CommandSpec = {
  name: 'zpopmin',
  summary: 'Removes and returns the members of a sorted set with the lowest scores.',
  since: '5.0.0',
  group: 'sorted-set',
  complexity: 'O(log(N)*M) with N being the number of elements in the sorted set, and M being the number of elements popped.',
  arity: -2,
  flags: ['write', 'fast'],
  categories: ['sortedset'],
  keys: keysAt(['RW', 'access', 'delete'], 0),
  args: [{ name: 'key', type: 'key' }, { name: 'count', type: 'integer', optional: true }],
  run(call) {
    popCounted(call, 'min');
  },
};
