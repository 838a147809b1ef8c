import type { CommandSpec } from '../spec.ts';

export const time: CommandSpec = {
  name: 'time',
  summary: 'Returns the server time: Unix seconds and microseconds.',
  since: '2.6.0',
  group: 'server',
  complexity: 'O(1)',
  arity: 1,
  flags: ['loading', 'stale', 'fast'],
  categories: [],
  keys: [],
  run({ reply, node }) {
    const microseconds = Math.floor(node.ports.clock.wallMs() * 1000);
    reply.array(2);
    reply.bulkInteger(Math.floor(microseconds / 1_000_000));
    reply.bulkInteger(microseconds % 1_000_000);
  },
};
