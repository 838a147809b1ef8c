import { noExpiry } from '../../engine/store.ts';
import { findKey, keyChanged } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

export const persist: CommandSpec = {
  name: 'persist',
  summary: 'Removes the expiration time of a key.',
  since: '2.2.0',
  group: 'generic',
  complexity: 'O(1)',
  arity: 2,
  flags: ['write', 'fast'],
  categories: ['keyspace'],
  keys: keysAt(['RW', 'update'], 0),
  args: [{ name: 'key', type: 'key' }],
  run(call) {
    const ref = findKey(call, 1);
    if (ref === 0 || !call.node.store.expires(ref)) return call.reply.integer(0);
    call.node.store.setExpiry(ref, noExpiry, call.nowMs);
    keyChanged(call, 1, 'g', 'persist');
    call.reply.integer(1);
  },
};
