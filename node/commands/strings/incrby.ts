import { oneAccessUpdateKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { addArgument } from './add-integer.ts';

export const incrby: CommandSpec = {
  name: 'incrby',
  summary: 'Increments the integer value of a key by a number. Uses 0 as initial value if the key does not exist.',
  since: '1.0.0',
  group: 'string',
  complexity: 'O(1)',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  categories: ['string'],
  keys: oneAccessUpdateKey,
  args: [{ name: 'key', type: 'key' }, { name: 'increment', type: 'integer' }],
  run(call) {
    addArgument(call, 1);
  },
};
