import type { CommandSpec } from '../spec.ts';

export const multi: CommandSpec = {
  name: 'multi',
  summary: 'Starts a transaction: the commands that follow are queued until EXEC.',
  since: '1.2.0',
  group: 'transactions',
  complexity: 'O(1)',
  arity: 1,
  flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  categories: ['transaction'],
  keys: [],
  run({ client, reply }) {
    if (client.transaction !== undefined) return reply.error('ERR MULTI calls can not be nested');
    client.transaction = { queue: [], queuedBytes: 0, failed: false };
    reply.ok();
  },
};
