import { oneAccessUpdateKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { addMembers } from './add-members.ts';

export const zincrby: CommandSpec = {
  name: 'zincrby',
  summary: 'Adds to the score of a member of a sorted set.',
  since: '1.2.0',
  group: 'sorted-set',
  complexity: 'O(log(N)) where N is the number of elements in the sorted set.',
  arity: 4,
  flags: ['write', 'denyoom', 'fast'],
  categories: ['sortedset'],
  keys: oneAccessUpdateKey,
  args: [{ name: 'key', type: 'key' }, { name: 'increment', type: 'integer' }, { name: 'member', type: 'string' }],
  run(call) {
    addMembers(call, 'zincrby');
  },
};
