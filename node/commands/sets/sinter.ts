import { keysAt } from '../key-specs.ts';
import { replyAlgebra } from './algebra.ts';
import type { CommandSpec } from '../spec.ts';

export const sinter: CommandSpec = {
  name: 'sinter',
  summary: 'Returns the intersect of multiple sets.',
  since: '1.0.0',
  group: 'set',
  complexity: 'O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.',
  arity: -2,
  flags: ['readonly'],
  categories: ['set'],
  keys: keysAt(['RO', 'access'], -1),
  args: [{ name: 'key', type: 'key', multiple: true }],
  run(call) {
    replyAlgebra(call, 'inter');
  },
};
