import { noExpiry } from '../../engine/store.ts';
import { findKey } from '../key-access.ts';
import { oneReadKey } from '../key-specs.ts';
import type { Call, CommandSpec } from '../spec.ts';

/** What TTL, PTTL, EXPIRETIME and PEXPIRETIME have in common. */
export const ttlShape = {
  group: 'generic',
  complexity: 'O(1)',
  arity: 2,
  flags: ['readonly', 'fast'],
  categories: ['keyspace'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }],
} as const satisfies Partial<CommandSpec>;

/** -2: no such key; -1: it does not expire. */
export function replyExpiry(call: Call, shown: (atMs: number, nowMs: number) => number): void {
  const ref = findKey(call, 1);
  if (ref === 0) return call.reply.integer(-2);
  const at = call.node.store.expiryOf(ref);
  call.reply.integer(at === noExpiry ? -1 : shown(at, call.nowMs));
}
