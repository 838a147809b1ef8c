import { oneAccessUpdateKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { addArgument } from './add-integer.ts';

export const decrby: CommandSpec = {
  name: 'decrby',
  summary: 'Decrements a number from the integer value of a key. Uses 0 as initial value if the key does not exist.',
  since: '1.0.0',
  group: 'string',
  complexity: 'O(1)',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  categories: ['string'],
  keys: oneAccessUpdateKey,
  args: [{ name: 'key', type: 'key' }, { name: 'decrement', type: 'integer' }],
  run(call) {
    addArgument(call, -1);
  },
};
