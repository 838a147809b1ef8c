import { slotOfKey } from '../../../shared/slots/crc16.ts';
import { latin1At } from '../arguments.ts';
import type { Call, CommandSpec } from '../spec.ts';

export const watch: CommandSpec = {
  name: 'watch',
  summary: 'Monitors changes to keys to determine the execution of a transaction.',
  since: '2.2.0',
  group: 'transactions',
  complexity: 'O(1) for every key',
  arity: -2,
  flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  categories: ['transaction'],
  keys: [{ flags: ['RO'], beginSearch: { type: 'index', index: 1 }, findKeys: { type: 'range', lastKey: -1, step: 1, limit: 0 } }],
  args: [{ name: 'key', type: 'key', multiple: true }],
  run(call) {
    const { client, reply, node } = call;
    if (client.transaction !== undefined) return reply.error('ERR WATCH inside MULTI is not allowed');
    for (let i = 1; i < call.argc; i++) {
      const key = latin1At(call, i);
      const watched = (client.watched ??= new Map());
      if (watched.has(key)) continue;
      watched.set(key, exists(call, Buffer.from(key, 'latin1')));
      node.server.watchers.add(key, client);
    }
    reply.ok();
  },
};

export const unwatch: CommandSpec = {
  name: 'unwatch',
  summary: 'Forgets about watched keys of a transaction.',
  since: '2.2.0',
  group: 'transactions',
  complexity: 'O(1)',
  arity: 1,
  flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  categories: ['transaction'],
  keys: [],
  run(call) {
    stopWatching(call);
    call.reply.ok();
  },
};

export function stopWatching({ client, node }: Pick<Call, 'client' | 'node'>): void {
  node.server.watchers.forget(client);
  client.watchBroken = false;
}

/** No watched key was written since, and none that was there has expired. */
export function watchHolds(call: Call): boolean {
  const { client } = call;
  if (client.watchBroken) return false;
  for (const [key, existed] of client.watched ?? []) if (existed && !exists(call, Buffer.from(key, 'latin1'))) return false;
  return true;
}

function exists({ node, nowMs }: Call, key: Buffer): boolean {
  const { store } = node;
  return store.find(key, 0, key.length, slotOfKey(key), store.hashKey(key, 0, key.length), nowMs) !== 0;
}
