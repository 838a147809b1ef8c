import { boundNamespaces, keysOf } from '../bound-namespaces.ts';
import type { CommandSpec } from '../spec.ts';

export const dbsize: CommandSpec = {
  name: 'dbsize',
  summary: 'Returns the number of keys in the database.',
  since: '1.0.0',
  group: 'server',
  complexity: 'O(1)',
  arity: 1,
  flags: ['readonly', 'fast'],
  categories: ['keyspace'],
  keys: [],
  args: [],
  run(call) {
    const bound = boundNamespaces(call, 'read');
    call.reply.integer(bound === undefined ? call.node.store.entryCount : keysOf(call, bound));
  },
};
