import { entryType } from '../../engine/entry-layout.ts';
import { readCollection, wrongType } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

export const scard: CommandSpec = {
  name: 'scard',
  summary: 'Returns the number of members in a set.',
  since: '1.0.0',
  group: 'set',
  complexity: 'O(1)',
  arity: 2,
  flags: ['readonly', 'fast'],
  categories: ['set'],
  keys: keysAt(['RO'], 0),
  args: [{ name: 'key', type: 'key' }],
  run(call) {
    const ref = readCollection(call, 1, entryType.set);
    if (ref === wrongType) return;
    const { sets } = call.node.store.collections;
    if (ref !== 0) sets.load(ref);
    call.reply.integer(ref === 0 ? 0 : sets.size);
  },
};
