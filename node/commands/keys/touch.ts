import { readKey } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

export const touch: CommandSpec = {
  name: 'touch',
  summary: 'Returns the number of existing keys out of those specified after updating the time they were last accessed.',
  since: '3.2.1',
  group: 'generic',
  complexity: 'O(N) where N is the number of keys that will be touched.',
  arity: -2,
  flags: ['readonly', 'fast'],
  categories: ['keyspace'],
  keys: keysAt(['RO'], -1),
  args: [{ name: 'key', type: 'key', multiple: true }],
  run(call) {
    let found = 0;
    for (let i = 1; i < call.argc; i++) if (readKey(call, i) !== 0) found++;
    call.reply.integer(found);
  },
};
