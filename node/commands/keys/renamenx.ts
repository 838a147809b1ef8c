import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { renameKey } from './rename-key.ts';

export const renamenx: CommandSpec = {
  name: 'renamenx',
  summary: 'Renames a key only when the target key name does not exist.',
  since: '1.0.0',
  group: 'generic',
  complexity: 'O(1)',
  arity: 3,
  flags: ['write', 'fast'],
  categories: ['keyspace'],
  keys: [...keysAt(['RW', 'access', 'delete'], 0), ...keysAt(['OW', 'insert'], 0, 1, 2)],
  args: [{ name: 'key', type: 'key' }, { name: 'newkey', type: 'key' }],
  run(call) {
    const moved = renameKey(call, true);
    if (moved >= 0) call.reply.integer(moved);
  },
};
