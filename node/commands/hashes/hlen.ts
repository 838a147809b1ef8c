import { entryType } from '../../engine/entry-layout.ts';
import { readCollection, wrongType } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

export const hlen: CommandSpec = {
  name: 'hlen',
  summary: 'Returns the number of fields in a hash.',
  since: '2.0.0',
  group: 'hash',
  complexity: 'O(1)',
  arity: 2,
  flags: ['readonly', 'fast'],
  categories: ['hash'],
  keys: keysAt(['RO'], 0),
  args: [{ name: 'key', type: 'key' }],
  run(call) {
    const ref = readCollection(call, 1, entryType.hash);
    if (ref === wrongType) return;
    const { hashes } = call.node.store.collections;
    if (ref !== 0) hashes.load(ref);
    call.reply.integer(ref === 0 ? 0 : hashes.size);
  },
};
