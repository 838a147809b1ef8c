import { entryType } from '../../engine/entry-layout.ts';
import { readCollection, wrongType } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

export const zcard: CommandSpec = {
  name: 'zcard',
  summary: 'Tells how many members a sorted set has.',
  since: '1.2.0',
  group: 'sorted-set',
  complexity: 'O(1)',
  arity: 2,
  flags: ['readonly', 'fast'],
  categories: ['sortedset'],
  keys: keysAt(['RO'], 0),
  args: [{ name: 'key', type: 'key' }],
  run(call) {
    const ref = readCollection(call, 1, entryType.zset);
    if (ref === wrongType) return;
    const { zsets } = call.node.store.collections;
    if (ref !== 0) zsets.load(ref);
    call.reply.integer(ref === 0 ? 0 : zsets.size);
  },
};
