import { boundNamespaces, isVisible, keysOf, type BoundNamespace } from '../bound-namespaces.ts';
import type { Call, CommandSpec } from '../spec.ts';

/** Expired keys that are met before giving up. */
const maxAttempts = 100;

export const randomkey: CommandSpec = {
  name: 'randomkey',
  summary: 'Returns a random key name from the database.',
  since: '1.0.0',
  group: 'generic',
  complexity: 'O(1)',
  arity: 1,
  flags: ['readonly'],
  categories: ['keyspace'],
  keys: [],
  args: [],
  run(call) {
    const { store } = call.node;
    const bound = boundNamespaces(call, 'read');
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const ref = store.drawEntry();
      if (ref === 0) break;
      if (store.isExpired(ref, call.nowMs)) {
        if (!store.replica) store.removeExpired(ref);
        continue;
      }
      store.open(ref);
      if (isVisible(bound, store.entryBytes, store.keyStart, store.keyLength)) return call.reply.bulk(store.entryBytes, store.keyStart, store.keyLength);
    }
    if (bound === undefined || keysOf(call, bound) === 0) return call.reply.nil();
    firstVisible(call, bound);
  },
};

/** For who sees few of many keys: the first that a walk meets. */
function firstVisible(call: Call, bound: readonly BoundNamespace[]): void {
  const { store } = call.node;
  const refs: number[] = [];
  let cursor = 0;
  do {
    refs.length = 0;
    cursor = store.scanStep(cursor, refs);
    for (const ref of refs) {
      if (store.isExpired(ref, call.nowMs)) continue;
      store.open(ref);
      if (isVisible(bound, store.entryBytes, store.keyStart, store.keyLength)) return call.reply.bulk(store.entryBytes, store.keyStart, store.keyLength);
    }
  } while (cursor !== 0);
  call.reply.nil();
}
