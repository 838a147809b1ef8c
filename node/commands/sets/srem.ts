import { keyChanged, notifyKey, shrinkCollection } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

export const srem: CommandSpec = {
  name: 'srem',
  summary: 'Removes one or more members from a set. Deletes the set if the last member was removed.',
  since: '1.0.0',
  group: 'set',
  complexity: 'O(N) where N is the number of members to be removed.',
  arity: -3,
  flags: ['write', 'fast'],
  categories: ['set'],
  keys: keysAt(['RW', 'delete'], 0),
  args: [{ name: 'key', type: 'key' }, { name: 'member', type: 'string', multiple: true }],
  run(call) {
    const { bytes, start, length } = call;
    const { sets } = call.node.store.collections;
    if (!shrinkCollection(call, 1, sets)) return;
    let removed = 0;
    for (let i = 2; i < call.argc; i++) if (sets.remove(bytes, start[i], length[i])) removed += 1;
    const isEmpty = sets.size === 0;
    sets.done();
    if (removed > 0) {
      keyChanged(call, 1, 's', 'srem');
      if (isEmpty) notifyKey(call, 1, 'g', 'del');
    }
    call.reply.integer(removed);
  },
};
