import type { CommandSpec } from '../spec.ts';

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
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const ref = store.drawEntry();
      if (ref === 0) break;
      if (store.isExpired(ref, call.nowMs)) {
        if (!store.replica) store.removeExpired(ref);
        continue;
      }
      store.open(ref);
      return call.reply.bulk(store.entryBytes, store.keyStart, store.keyLength);
    }
    call.reply.nil();
  },
};
