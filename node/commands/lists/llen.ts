import { entryType } from '../../engine/entry-layout.ts';
import { readCollection, wrongType } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

export const llen: CommandSpec = {
  name: 'llen',
  summary: 'Tells how many elements a list has.',
  since: '1.0.0',
  group: 'list',
  complexity: 'O(1)',
  arity: 2,
  flags: ['readonly', 'fast'],
  categories: ['list'],
  keys: keysAt(['RO'], 0),
  args: [{ name: 'key', type: 'key' }],
  run(call) {
    const ref = readCollection(call, 1, entryType.list);
    if (ref === wrongType) return;
    const { lists } = call.node.store.collections;
    if (ref !== 0) lists.load(ref);
    call.reply.integer(ref === 0 ? 0 : lists.size);
  },
};
