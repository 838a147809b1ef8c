import type { CommandSpec } from '../spec.ts';
import { expireArgs, expireKey, expireShape } from './expire-key.ts';

export const expireat: CommandSpec = {
  ...expireShape,
  name: 'expireat',
  summary: 'Sets the expiration time of a key to a Unix timestamp.',
  since: '1.2.0',
  args: expireArgs({ name: 'unix-time-seconds', type: 'unix-time' }),
  run: (call) => expireKey(call, 1000, false, 'expireat'),
};
