import { oneAccessUpdateKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

/** A cluster has one database: what moves keys between several is refused as Redis Cluster refuses it. */
export const move: CommandSpec = {
  name: 'move',
  summary: 'Not available in a cluster, which has one database.',
  since: '1.0.0',
  group: 'generic',
  complexity: 'O(1)',
  arity: 3,
  flags: ['write', 'fast'],
  categories: ['keyspace'],
  keys: oneAccessUpdateKey,
  args: [{ name: 'key', type: 'key' }, { name: 'db', type: 'integer' }],
  run: ({ reply }) => reply.error('ERR MOVE is not allowed in cluster mode'),
};

export const swapdb: CommandSpec = {
  name: 'swapdb',
  summary: 'Not available in a cluster, which has one database.',
  since: '4.0.0',
  group: 'server',
  complexity: 'O(1)',
  arity: 3,
  flags: ['write', 'fast'],
  categories: ['keyspace', 'dangerous'],
  keys: [],
  args: [{ name: 'index1', type: 'integer' }, { name: 'index2', type: 'integer' }],
  run: ({ reply }) => reply.error('ERR SWAPDB is not allowed in cluster mode'),
};
