import { keysAt } from '../key-specs.ts';
import { storeAlgebra } from './algebra.ts';
import type { CommandSpec } from '../spec.ts';

export const sinterstore: CommandSpec = {
  name: 'sinterstore',
  summary: 'Stores the intersect of multiple sets in a key.',
  since: '1.0.0',
  group: 'set',
  complexity: 'O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.',
  arity: -3,
  flags: ['write', 'denyoom'],
  categories: ['set'],
  keys: [...keysAt(['RW', 'update'], 0), ...keysAt(['RO', 'access'], -1, 1, 2)],
  args: [{ name: 'destination', type: 'key' }, { name: 'key', type: 'key', multiple: true }],
  run(call) {
    storeAlgebra(call, 'inter', 'sinterstore');
  },
};
