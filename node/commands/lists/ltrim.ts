import { integerAt } from '../integer-text.ts';
import { keyChanged, notAnIntegerLine, notifyKey, shrinkCollection } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

export const ltrim: CommandSpec = {
  name: 'ltrim',
  summary: 'Keeps a range of elements of a list and removes the others. Deletes the key when none is left.',
  since: '1.0.0',
  group: 'list',
  complexity: 'O(N) where N is the number of elements to be removed by the operation.',
  arity: 4,
  flags: ['write'],
  categories: ['list'],
  keys: keysAt(['RW', 'delete'], 0),
  args: [{ name: 'key', type: 'key' }, { name: 'start', type: 'integer' }, { name: 'stop', type: 'integer' }],
  run(call) {
    const start = integerAt(call, 2);
    const stop = integerAt(call, 3);
    if (Number.isNaN(start) || Number.isNaN(stop)) return call.reply.error(notAnIntegerLine);
    const { lists } = call.node.store.collections;
    if (!shrinkCollection(call, 1, lists)) return;
    const { size } = lists;
    if (size > 0) {
      const from = Math.max(0, start < 0 ? size + start : start);
      const end = Math.min(size, (stop < 0 ? size + stop : stop) + 1);
      const kept = Math.max(0, end - from);
      lists.removeRange(0, kept === 0 ? size : from);
      lists.removeRange(kept, lists.size - kept);
      lists.done();
      keyChanged(call, 1, 'l', 'ltrim');
      if (kept === 0) notifyKey(call, 1, 'g', 'del');
    }
    call.reply.ok();
  },
};
