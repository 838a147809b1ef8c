import type { CommandSpec } from '../spec.ts';
import { replyExpiry, ttlShape } from './ttl-shape.ts';

export const ttl: CommandSpec = {
  ...ttlShape,
  name: 'ttl',
  summary: 'Returns the expiration time in seconds of a key.',
  since: '1.0.0',
  run: (call) => replyExpiry(call, (at, nowMs) => Math.floor((Math.max(0, at - nowMs) + 500) / 1000)),
};
