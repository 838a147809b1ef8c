import { keyChanged, removeKey } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

export const del: CommandSpec = {
  name: 'del',
  summary: 'Deletes one or more keys.',
  since: '1.0.0',
  group: 'generic',
  complexity: 'O(N) where N is the number of keys that will be removed.',
  arity: -2,
  flags: ['write'],
  categories: ['keyspace'],
  keys: keysAt(['RM', 'delete'], -1),
  args: [{ name: 'key', type: 'key', multiple: true }],
  run(call) {
    let deleted = 0;
    for (let i = 1; i < call.argc; i++) {
      if (!removeKey(call, i)) continue;
      deleted++;
      keyChanged(call, i, 'g', 'del');
    }
    call.reply.integer(deleted);
  },
};
