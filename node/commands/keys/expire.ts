import type { CommandSpec } from '../spec.ts';
import { expireArgs, expireKey, expireShape } from './expire-key.ts';

export const expire: CommandSpec = {
  ...expireShape,
  name: 'expire',
  summary: 'Sets the expiration time of a key in seconds.',
  since: '1.0.0',
  args: expireArgs({ name: 'seconds', type: 'integer' }),
  run: (call) => expireKey(call, 1000, true, 'expire'),
};
