import { entryType } from '../../engine/entry-layout.ts';
import { readCollection, wrongType } from '../key-access.ts';
import { oneReadKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

export const smembers: CommandSpec = {
  name: 'smembers',
  summary: 'Returns all members of a set.',
  since: '1.0.0',
  group: 'set',
  complexity: 'O(N) where N is the set cardinality.',
  arity: 2,
  flags: ['readonly'],
  categories: ['set'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }],
  run(call) {
    const ref = readCollection(call, 1, entryType.set);
    if (ref === wrongType) return;
    const { sets } = call.node.store.collections;
    if (ref !== 0) sets.load(ref);
    call.reply.set(ref === 0 ? 0 : sets.size);
    if (ref === 0) return;
    sets.rewind();
    while (sets.next()) call.reply.bulk(sets.memberBytes, sets.memberStart, sets.memberLength);
  },
};
