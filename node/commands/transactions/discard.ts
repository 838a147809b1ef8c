import type { CommandSpec } from '../spec.ts';
import { stopWatching } from './watch.ts';

export const discard: CommandSpec = {
  name: 'discard',
  summary: 'Discards a transaction.',
  since: '2.0.0',
  group: 'transactions',
  complexity: 'O(N), when N is the number of queued commands',
  arity: 1,
  flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  categories: ['transaction'],
  keys: [],
  run(call) {
    const { client, reply } = call;
    if (client.transaction === undefined) return reply.error('ERR DISCARD without MULTI');
    client.transaction = undefined;
    stopWatching(call);
    reply.ok();
  },
};
