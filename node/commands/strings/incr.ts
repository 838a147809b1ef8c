import { oneAccessUpdateKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { addInteger } from './add-integer.ts';

export const incr: CommandSpec = {
  name: 'incr',
  summary: 'Increments the integer value of a key by one. Uses 0 as initial value if the key does not exist.',
  since: '1.0.0',
  group: 'string',
  complexity: 'O(1)',
  arity: 2,
  flags: ['write', 'denyoom', 'fast'],
  categories: ['string'],
  keys: oneAccessUpdateKey,
  args: [{ name: 'key', type: 'key' }],
  run(call) {
    addInteger(call, 1);
  },
};
