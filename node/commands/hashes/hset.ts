import { oneUpdateKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { setFields } from './set-fields.ts';

export const hset: CommandSpec = {
  name: 'hset',
  summary: 'Creates or modifies the value of a field in a hash.',
  since: '2.0.0',
  group: 'hash',
  complexity: 'O(1) for each field/value pair added.',
  arity: -4,
  flags: ['write', 'denyoom', 'fast'],
  categories: ['hash'],
  keys: oneUpdateKey,
  args: [{ name: 'key', type: 'key' }, { name: 'data', type: 'block', multiple: true, args: [{ name: 'field', type: 'string' }, { name: 'value', type: 'string' }] }],
  run(call) {
    const added = setFields(call, 'hset');
    if (added >= 0) call.reply.integer(added);
  },
};
