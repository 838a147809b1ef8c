import { editCollection, keyChanged } from '../key-access.ts';
import { oneInsertKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

export const sadd: CommandSpec = {
  name: 'sadd',
  summary: 'Adds one or more members to a set. Creates the key if it doesn\'t exist.',
  since: '1.0.0',
  group: 'set',
  complexity: 'O(1) for each element added.',
  arity: -3,
  flags: ['write', 'denyoom', 'fast'],
  categories: ['set'],
  keys: oneInsertKey,
  args: [{ name: 'key', type: 'key' }, { name: 'member', type: 'string', multiple: true }],
  run(call) {
    const { bytes, start, length } = call;
    const { sets } = call.node.store.collections;
    if (!editCollection(call, 1, sets)) return;
    let added = 0;
    for (let i = 2; i < call.argc; i++) if (sets.add(bytes, start[i], length[i])) added += 1;
    sets.done();
    if (added > 0) keyChanged(call, 1, 's', 'sadd');
    call.reply.integer(added);
  },
};
