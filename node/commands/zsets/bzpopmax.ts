import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { popOrWait } from './pop-members.ts';

export const bzpopmax: CommandSpec = {
  name: 'bzpopmax',
  summary: 'Removes and returns the member with the highest score of the first sorted set that has any, or waits for one.',
  since: '5.0.0',
  group: 'sorted-set',
  complexity: 'O(log(N)) with N being the number of elements in the sorted set.',
  arity: -3,
  flags: ['write', 'noscript', 'fast', 'blocking'],
  categories: ['sortedset'],
  keys: keysAt(['RW', 'access', 'delete'], -2),
  args: [{ name: 'key', type: 'key', multiple: true }, { name: 'timeout', type: 'double' }],
  run(call) {
    popOrWait(call, 1, call.argc - 2, call.argc - 1, 'max', 1, 'keyAndFlat');
  },
};
