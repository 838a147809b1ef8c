import type { CommandSpec } from '../spec.ts';
import { replyExpiry, ttlShape } from './ttl-shape.ts';

export const pttl: CommandSpec = {
  ...ttlShape,
  name: 'pttl',
  summary: 'Returns the expiration time in milliseconds of a key.',
  since: '2.6.0',
  run: (call) => replyExpiry(call, (at, nowMs) => Math.max(0, at - nowMs)),
};
