import { entryType } from '../../engine/entry-layout.ts';
import { editCollection, findKey, keyChanged, notifyKey, shrinkCollection, wrongTypeLine } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import { sameArgument } from '../same-argument.ts';
import type { CommandSpec } from '../spec.ts';

export const smove: CommandSpec = {
  name: 'smove',
  summary: 'Moves a member from one set to another.',
  since: '1.0.0',
  group: 'set',
  complexity: 'O(1)',
  arity: 4,
  flags: ['write', 'fast'],
  categories: ['set'],
  keys: [...keysAt(['RW', 'access', 'delete'], 0), ...keysAt(['RW', 'insert'], 0, 1, 2)],
  args: [{ name: 'source', type: 'key' }, { name: 'destination', type: 'key' }, { name: 'member', type: 'string' }],
  run(call) {
    const { bytes, start, length, reply } = call;
    const { store } = call.node;
    const { sets } = store.collections;
    const source = findKey(call, 1);
    if (source === 0) return reply.integer(0);
    const target = findKey(call, 2);
    if (store.typeOf(source) !== entryType.set || (target !== 0 && store.typeOf(target) !== entryType.set)) return reply.error(wrongTypeLine);
    sets.load(findKey(call, 1));
    const isThere = sets.has(bytes, start[3], length[3]);
    if (sameArgument(call, 1, 2) || !isThere) return reply.integer(isThere ? 1 : 0);
    // The target first: when there is no room for it the source keeps its member.
    if (!editCollection(call, 2, sets)) return;
    const added = sets.add(bytes, start[3], length[3]);
    sets.done();
    if (!shrinkCollection(call, 1, sets)) return;
    sets.remove(bytes, start[3], length[3]);
    const isEmpty = sets.size === 0;
    sets.done();
    keyChanged(call, 1, 's', 'srem');
    if (isEmpty) notifyKey(call, 1, 'g', 'del');
    if (added) keyChanged(call, 2, 's', 'sadd');
    reply.integer(1);
  },
};
