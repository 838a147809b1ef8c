import { entryType } from '../../engine/entry-layout.ts';
import { readCollection, wrongType } from '../key-access.ts';
import { oneReadKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

export const smismember: CommandSpec = {
  name: 'smismember',
  summary: 'Determines whether multiple members belong to a set.',
  since: '6.2.0',
  group: 'set',
  complexity: 'O(N) where N is the number of elements being checked for membership',
  arity: -3,
  flags: ['readonly', 'fast'],
  categories: ['set'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }, { name: 'member', type: 'string', multiple: true }],
  run(call) {
    const ref = readCollection(call, 1, entryType.set);
    if (ref === wrongType) return;
    const { sets } = call.node.store.collections;
    if (ref !== 0) sets.load(ref);
    call.reply.array(call.argc - 2);
    for (let i = 2; i < call.argc; i++) call.reply.integer(ref !== 0 && sets.has(call.bytes, call.start[i], call.length[i]) ? 1 : 0);
  },
};
