import type { CommandSpec } from '../spec.ts';

export const monitor: CommandSpec = {
  name: 'monitor',
  summary: 'Shows every command as it is executed, until the connection is closed or RESET.',
  since: '1.0.0',
  group: 'server',
  complexity: 'O(1)',
  arity: 1,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  categories: [],
  keys: [],
  run({ client, node, reply }) {
    if (client.inTransaction) return reply.error('ERR MONITOR isn\'t allowed inside a transaction');
    client.monitor = true;
    node.server.monitors.add(client);
    reply.ok();
  },
};
