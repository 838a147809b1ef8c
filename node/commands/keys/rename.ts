import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { renameKey } from './rename-key.ts';

export const rename: CommandSpec = {
  name: 'rename',
  summary: 'Renames a key and overwrites the destination.',
  since: '1.0.0',
  group: 'generic',
  complexity: 'O(1)',
  arity: 3,
  flags: ['write'],
  categories: ['keyspace'],
  keys: [...keysAt(['RW', 'access', 'delete'], 0), ...keysAt(['OW', 'update'], 0, 1, 2)],
  args: [{ name: 'key', type: 'key' }, { name: 'newkey', type: 'key' }],
  run(call) {
    const moved = renameKey(call, false);
    if (moved >= 0) call.reply.ok();
  },
};
