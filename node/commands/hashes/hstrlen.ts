import { entryType } from '../../engine/entry-layout.ts';
import { readCollection, wrongType } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

export const hstrlen: CommandSpec = {
  name: 'hstrlen',
  summary: 'Returns the length of the value of a field.',
  since: '3.2.0',
  group: 'hash',
  complexity: 'O(1)',
  arity: 3,
  flags: ['readonly', 'fast'],
  categories: ['hash'],
  keys: keysAt(['RO'], 0),
  args: [{ name: 'key', type: 'key' }, { name: 'field', type: 'string' }],
  run(call) {
    const ref = readCollection(call, 1, entryType.hash);
    if (ref === wrongType) return;
    const { hashes } = call.node.store.collections;
    if (ref !== 0) hashes.load(ref);
    call.reply.integer(ref !== 0 && hashes.find(call.bytes, call.start[2], call.length[2]) ? hashes.valueLength : 0);
  },
};
