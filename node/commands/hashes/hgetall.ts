import { oneReadKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { replyFields } from './reply-fields.ts';

export const hgetall: CommandSpec = {
  name: 'hgetall',
  summary: 'Returns all fields and values in a hash.',
  since: '2.0.0',
  group: 'hash',
  complexity: 'O(N) where N is the size of the hash.',
  arity: 2,
  flags: ['readonly'],
  categories: ['hash'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }],
  run(call) {
    replyFields(call, true, true);
  },
};
