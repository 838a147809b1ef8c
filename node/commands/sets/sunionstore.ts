import { keysAt } from '../key-specs.ts';
import { storeAlgebra } from './algebra.ts';
import type { CommandSpec } from '../spec.ts';

export const sunionstore: CommandSpec = {
  name: 'sunionstore',
  summary: 'Stores the union of multiple sets in a key.',
  since: '1.0.0',
  group: 'set',
  complexity: 'O(N) where N is the total number of elements in all given sets.',
  arity: -3,
  flags: ['write', 'denyoom'],
  categories: ['set'],
  keys: [...keysAt(['OW', 'update'], 0), ...keysAt(['RO', 'access'], -1, 1, 2)],
  args: [{ name: 'destination', type: 'key' }, { name: 'key', type: 'key', multiple: true }],
  run(call) {
    storeAlgebra(call, 'union', 'sunionstore');
  },
};
