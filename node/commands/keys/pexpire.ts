import type { CommandSpec } from '../spec.ts';
import { expireArgs, expireKey, expireShape } from './expire-key.ts';

export const pexpire: CommandSpec = {
  ...expireShape,
  name: 'pexpire',
  summary: 'Sets the expiration time of a key in milliseconds.',
  since: '2.6.0',
  args: expireArgs({ name: 'milliseconds', type: 'integer' }),
  run: (call) => expireKey(call, 1, true, 'pexpire'),
};
