import type { CommandSpec } from '../spec.ts';

const shape = { since: '3.0.0', group: 'cluster', complexity: 'O(1)', arity: 1, categories: ['connection'], keys: [] } as const;

export const readonlyCommand: CommandSpec = {
  ...shape,
  name: 'readonly',
  summary: 'Lets this connection read from a replica.',
  flags: ['loading', 'stale', 'fast'],
  run({ client, reply }) {
    client.readonly = true;
    reply.ok();
  },
};

export const readwrite: CommandSpec = {
  ...shape,
  name: 'readwrite',
  summary: 'Sends reads of this connection to the primary again.',
  flags: ['loading', 'stale', 'fast'],
  run({ client, reply }) {
    client.readonly = false;
    reply.ok();
  },
};

export const asking: CommandSpec = {
  ...shape,
  name: 'asking',
  summary: 'Says that the next command follows an ASK redirection.',
  flags: ['fast'],
  run({ client, reply }) {
    client.asking = true;
    reply.ok();
  },
};
