import { oneOverwriteKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { timeUnit } from './expiry-options.ts';
import { setUntil } from './set-until.ts';

export const setex: CommandSpec = {
  name: 'setex',
  summary: 'Sets the string value and expiration time of a key. Creates the key if it does not exist.',
  since: '2.0.0',
  group: 'string',
  complexity: 'O(1)',
  arity: 4,
  flags: ['write', 'denyoom'],
  categories: ['string'],
  keys: oneOverwriteKey,
  args: [{ name: 'key', type: 'key' }, { name: 'seconds', type: 'integer' }, { name: 'value', type: 'string' }],
  run: (call) => setUntil(call, timeUnit.ex, 'setex'),
};
