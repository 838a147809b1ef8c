import { entryType } from '../../engine/entry-layout.ts';
import { readCollection, wrongType } from '../key-access.ts';
import { oneReadKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

export const hmget: CommandSpec = {
  name: 'hmget',
  summary: 'Returns the values of all fields in a hash.',
  since: '2.0.0',
  group: 'hash',
  complexity: 'O(N) where N is the number of fields being requested.',
  arity: -3,
  flags: ['readonly', 'fast'],
  categories: ['hash'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }, { name: 'field', type: 'string', multiple: true }],
  run(call) {
    const ref = readCollection(call, 1, entryType.hash);
    if (ref === wrongType) return;
    const { hashes } = call.node.store.collections;
    if (ref !== 0) hashes.load(ref);
    call.reply.array(call.argc - 2);
    for (let i = 2; i < call.argc; i++) {
      if (ref !== 0 && hashes.find(call.bytes, call.start[i], call.length[i])) call.reply.bulk(hashes.valueBytes, hashes.valueStart, hashes.valueLength);
      else call.reply.nil();
    }
  },
};
