import { readKey } from '../key-access.ts';
import { oneReadKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { dumpEntry } from './write-value.ts';

export const dump: CommandSpec = {
  name: 'dump',
  summary: 'Returns the value of a key in the format of RDB files, for RESTORE.',
  since: '2.6.0',
  group: 'generic',
  complexity: 'O(N) for a value of N elements or bytes',
  arity: 2,
  flags: ['readonly'],
  categories: ['keyspace'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }],
  run(call) {
    const ref = readKey(call, 1);
    if (ref === 0) return call.reply.nil();
    const payload = dumpEntry(call.node.store, ref);
    if (payload === undefined) call.reply.nil();
    else call.reply.bulkBytes(payload);
  },
};
