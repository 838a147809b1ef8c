import { keyChanged, notifyKey, shrinkCollection } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

export const hdel: CommandSpec = {
  name: 'hdel',
  summary: 'Deletes one or more fields and their values from a hash. Deletes the hash if no fields remain.',
  since: '2.0.0',
  group: 'hash',
  complexity: 'O(N) where N is the number of fields to be removed.',
  arity: -3,
  flags: ['write', 'fast'],
  categories: ['hash'],
  keys: keysAt(['RW', 'delete'], 0),
  args: [{ name: 'key', type: 'key' }, { name: 'field', type: 'string', multiple: true }],
  run(call) {
    const { bytes, start, length } = call;
    const { hashes } = call.node.store.collections;
    if (!shrinkCollection(call, 1, hashes)) return;
    let removed = 0;
    for (let i = 2; i < call.argc; i++) if (hashes.remove(bytes, start[i], length[i])) removed += 1;
    const isEmpty = hashes.size === 0;
    hashes.done();
    if (removed > 0) {
      keyChanged(call, 1, 'h', 'hdel');
      if (isEmpty) notifyKey(call, 1, 'g', 'del');
    }
    call.reply.integer(removed);
  },
};
