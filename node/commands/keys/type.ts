import { findKey } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import { typeNames } from './type-names.ts';
import type { CommandSpec } from '../spec.ts';

export const type: CommandSpec = {
  name: 'type',
  summary: 'Determines the type of value stored at a key.',
  since: '1.0.0',
  group: 'generic',
  complexity: 'O(1)',
  arity: 2,
  flags: ['readonly', 'fast'],
  categories: ['keyspace'],
  keys: keysAt(['RO'], 0),
  args: [{ name: 'key', type: 'key' }],
  run(call) {
    const ref = findKey(call, 1);
    call.reply.simple(ref === 0 ? 'none' : typeNames[call.node.store.typeOf(ref)]);
  },
};
