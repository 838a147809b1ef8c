import type { CommandSpec } from '../spec.ts';

export const echo: CommandSpec = {
  name: 'echo',
  summary: 'Returns the given string.',
  since: '1.0.0',
  group: 'connection',
  complexity: 'O(1)',
  arity: 2,
  flags: ['loading', 'stale', 'fast'],
  categories: ['connection'],
  keys: [],
  args: [{ name: 'message', type: 'string' }],
  run({ bytes, start, length, reply }) {
    reply.bulk(bytes, start[1], length[1]);
  },
};
