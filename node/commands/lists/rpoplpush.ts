import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { moveElement } from './move-element.ts';

export const rpoplpush: CommandSpec = {
  name: 'rpoplpush',
  summary: 'Takes the last element of one list, puts it in front of another and returns it.',
  since: '1.2.0',
  group: 'list',
  complexity: 'O(1)',
  arity: 3,
  flags: ['write', 'denyoom'],
  categories: ['list'],
  keys: [...keysAt(['RW', 'access', 'delete'], 0), ...keysAt(['RW', 'insert'], 0, 1, 2)],
  args: [{ name: 'source', type: 'key' }, { name: 'destination', type: 'key' }],
  run(call) {
    if (!moveElement(call, 'right', 'left')) call.reply.nil();
  },
};
