import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { replyOfField } from './reply-of-field.ts';

export const hstrlen: CommandSpec = {
  name: 'hstrlen',
  summary: 'Returns the length of the value of a field.',
  since: '3.2.0',
  group: 'hash',
  complexity: 'O(1)',
  arity: 3,
  flags: ['readonly', 'fast'],
  categories: ['hash'],
  keys: keysAt(['RO'], 0),
  args: [{ name: 'key', type: 'key' }, { name: 'field', type: 'string' }],
  run: (call) => replyOfField(call, (hashes) => hashes.valueLength),
};
