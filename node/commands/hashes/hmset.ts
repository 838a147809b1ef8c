import { oneUpdateKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { setFields } from './set-fields.ts';

export const hmset: CommandSpec = {
  name: 'hmset',
  summary: 'Sets the values of multiple fields.',
  since: '2.0.0',
  group: 'hash',
  complexity: 'O(N) where N is the number of fields being set.',
  arity: -4,
  flags: ['write', 'denyoom', 'fast'],
  categories: ['hash'],
  keys: oneUpdateKey,
  args: [{ name: 'key', type: 'key' }, { name: 'data', type: 'block', multiple: true, args: [{ name: 'field', type: 'string' }, { name: 'value', type: 'string' }] }],
  run(call) {
    if (setFields(call, 'hmset') >= 0) call.reply.ok();
  },
};
