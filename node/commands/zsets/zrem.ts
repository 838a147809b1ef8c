import { keyChanged, notifyKey, shrinkCollection } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

export const zrem: CommandSpec = {
  name: 'zrem',
  summary: 'Removes members from a sorted set. Deletes the key when none is left.',
  since: '1.2.0',
  group: 'sorted-set',
  complexity: 'O(M*log(N)) with N being the number of elements in the sorted set and M the number of elements to be removed.',
  arity: -3,
  flags: ['write', 'fast'],
  categories: ['sortedset'],
  keys: keysAt(['RW', 'delete'], 0),
  args: [{ name: 'key', type: 'key' }, { name: 'member', type: 'string', multiple: true }],
  run(call) {
    const { bytes, start, length } = call;
    const { zsets } = call.node.store.collections;
    if (!shrinkCollection(call, 1, zsets)) return;
    let removed = 0;
    for (let i = 2; i < call.argc; i++) if (zsets.remove(bytes, start[i], length[i])) removed += 1;
    const isEmpty = zsets.size === 0;
    zsets.done();
    if (removed > 0) {
      keyChanged(call, 1, 'z', 'zrem');
      if (isEmpty) notifyKey(call, 1, 'g', 'del');
    }
    call.reply.integer(removed);
  },
};
