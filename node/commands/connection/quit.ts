import type { CommandSpec } from '../spec.ts';

export const quit: CommandSpec = {
  name: 'quit',
  summary: 'Closes the connection.',
  since: '1.0.0',
  group: 'connection',
  complexity: 'O(1)',
  arity: -1,
  flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
  categories: ['connection'],
  keys: [],
  run({ reply, client }) {
    reply.ok();
    client.output.closeAfterReply();
  },
};
