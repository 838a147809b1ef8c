import { readKeyQuietly } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

export const exists: CommandSpec = {
  name: 'exists',
  summary: 'Determines whether one or more keys exist.',
  since: '1.0.0',
  group: 'generic',
  complexity: 'O(N) where N is the number of keys to check.',
  arity: -2,
  flags: ['readonly', 'fast'],
  categories: ['keyspace'],
  keys: keysAt(['RO'], -1),
  args: [{ name: 'key', type: 'key', multiple: true }],
  run(call) {
    let found = 0;
    for (let i = 1; i < call.argc; i++) if (readKeyQuietly(call, i) !== 0) found++;
    call.reply.integer(found);
  },
};
