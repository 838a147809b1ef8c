import { bytesAt } from '../arguments.ts';
import { boundNamespaces, isVisible } from '../bound-namespaces.ts';
import type { CommandSpec } from '../spec.ts';
import { keyMatches } from './glob.ts';

export const keys: CommandSpec = {
  name: 'keys',
  summary: 'Returns all key names that match a pattern.',
  since: '1.0.0',
  group: 'generic',
  complexity: 'O(N) with N being the number of keys in the database, under the assumption that the key names in the database and the given pattern have limited length.',
  arity: 2,
  flags: ['readonly'],
  categories: ['keyspace', 'dangerous'],
  keys: [],
  args: [{ name: 'pattern', type: 'pattern' }],
  run(call) {
    const { store } = call.node;
    const { reply } = call;
    const pattern = bytesAt(call, 1);
    const bound = boundNamespaces(call, 'read');
    const mark = reply.deferred();
    let found = 0;
    let cursor = 0;
    const refs: number[] = [];
    do {
      refs.length = 0;
      cursor = store.scanStep(cursor, refs);
      for (const ref of refs) {
        if (store.isExpired(ref, call.nowMs)) continue;
        store.open(ref);
        if (!isVisible(bound, store.entryBytes, store.keyStart, store.keyLength)) continue;
        if (!keyMatches(pattern, store.entryBytes, store.keyStart, store.keyLength)) continue;
        reply.bulk(store.entryBytes, store.keyStart, store.keyLength);
        found++;
      }
    } while (cursor !== 0);
    reply.closeArray(mark, found);
  },
};
