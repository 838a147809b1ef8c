import { findKey, hashAt } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

/** What `trackAccess` of a namespace knows of a key. */
export const meridianAccess: CommandSpec = {
  name: 'meridian.access',
  summary: 'Returns when a key was created and last read, in seconds (0: not known), and how often it was read; nil where its namespace does not track access.',
  since: '1.0.0',
  group: 'meridian',
  complexity: 'O(1)',
  arity: 2,
  flags: ['readonly', 'fast'],
  categories: ['string'],
  keys: keysAt(['RO'], 0),
  args: [{ name: 'key', type: 'key' }],
  run(call) {
    const { reply } = call;
    const access = findKey(call, 1) === 0 ? undefined : call.node.namespaces?.access.of(call.keySlot, hashAt(call, 1));
    if (access === undefined) return reply.nil();
    reply.array(3);
    reply.integer(access.createdAtSeconds);
    reply.integer(access.lastReadSeconds);
    reply.integer(access.reads);
  },
};
