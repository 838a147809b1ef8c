import type { CommandSpec } from '../spec.ts';
import { replyExpiry, ttlShape } from './ttl-shape.ts';

export const expiretime: CommandSpec = {
  ...ttlShape,
  name: 'expiretime',
  summary: 'Returns the expiration time of a key as a Unix timestamp.',
  since: '7.0.0',
  run: (call) => replyExpiry(call, (at) => Math.floor((at + 500) / 1000)),
};
