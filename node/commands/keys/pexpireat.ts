import type { CommandSpec } from '../spec.ts';
import { expireArgs, expireKey, expireShape } from './expire-key.ts';

export const pexpireat: CommandSpec = {
  ...expireShape,
  name: 'pexpireat',
  summary: 'Sets the expiration time of a key to a Unix milliseconds timestamp.',
  since: '2.6.0',
  args: expireArgs({ name: 'unix-time-milliseconds', type: 'unix-time' }),
  run: (call) => expireKey(call, 1, false, 'pexpireat'),
};
