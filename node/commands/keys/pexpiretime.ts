import type { CommandSpec } from '../spec.ts';
import { replyExpiry, ttlShape } from './ttl-shape.ts';

export const pexpiretime: CommandSpec = {
  ...ttlShape,
  name: 'pexpiretime',
  summary: 'Returns the expiration time of a key as a Unix milliseconds timestamp.',
  since: '7.0.0',
  run: (call) => replyExpiry(call, (at) => at),
};
