import { keysAt } from '../key-specs.ts';
import { replyAlgebra } from './algebra.ts';
import type { CommandSpec } from '../spec.ts';

export const sunion: CommandSpec = {
  name: 'sunion',
  summary: 'Returns the union of multiple sets.',
  since: '1.0.0',
  group: 'set',
  complexity: 'O(N) where N is the total number of elements in all given sets.',
  arity: -2,
  flags: ['readonly'],
  categories: ['set'],
  keys: keysAt(['RO', 'access'], -1),
  args: [{ name: 'key', type: 'key', multiple: true }],
  run(call) {
    replyAlgebra(call, 'union');
  },
};
