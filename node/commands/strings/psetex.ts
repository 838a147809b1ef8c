import { oneOverwriteKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { timeUnit } from './expiry-options.ts';
import { setUntil } from './set-until.ts';

export const psetex: CommandSpec = {
  name: 'psetex',
  summary: 'Sets both string value and expiration time in milliseconds of a key. The key is created if it does not exist.',
  since: '2.6.0',
  group: 'string',
  complexity: 'O(1)',
  arity: 4,
  flags: ['write', 'denyoom'],
  categories: ['string'],
  keys: oneOverwriteKey,
  args: [{ name: 'key', type: 'key' }, { name: 'milliseconds', type: 'integer' }, { name: 'value', type: 'string' }],
  run: (call) => setUntil(call, timeUnit.px, 'psetex'),
};
