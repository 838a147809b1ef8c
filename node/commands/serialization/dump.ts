import { readKey } from '../key-access.ts';
import { oneReadKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { freeNow } from '../../io/free-now.ts';
import { working } from '../working-memory/working.ts';
import { dumpEntry } from './write-value.ts';

/** Times the size of a value that dumping it may take. */
const payloadsBytes = 3;

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
    const { store } = call.node;
    working(call, (memory) => {
      // The payload while it grows, and the answer.
      memory.check(payloadsBytes * store.bytesOf(ref));
      const payload = dumpEntry(store, ref);
      if (payload === undefined) call.reply.nil();
      else call.reply.bulkBytes(payload);
      if (payload !== undefined) freeNow(Buffer.from(payload.buffer));
    });
  },
};
