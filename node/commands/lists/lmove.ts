import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { listEndAt } from './list-end.ts';
import { moveElement } from './move-element.ts';

export const lmove: CommandSpec = {
  name: 'lmove',
  summary: 'Takes an element from one list, puts it into another and returns it.',
  since: '6.2.0',
  group: 'list',
  complexity: 'O(1)',
  arity: 5,
  flags: ['write', 'denyoom'],
  categories: ['list'],
  keys: [...keysAt(['RW', 'access', 'delete'], 0), ...keysAt(['RW', 'insert'], 0, 1, 2)],
  args: [{ name: 'source', type: 'key' }, { name: 'destination', type: 'key' }, { name: 'wherefrom', type: 'oneof', args: [{ name: 'left', type: 'pure-token', token: 'LEFT' }, { name: 'right', type: 'pure-token', token: 'RIGHT' }] }, { name: 'whereto', type: 'oneof', args: [{ name: 'left', type: 'pure-token', token: 'LEFT' }, { name: 'right', type: 'pure-token', token: 'RIGHT' }] }],
  run(call) {
    const from = listEndAt(call, 3);
    const to = from === undefined ? undefined : listEndAt(call, 4);
    if (from !== undefined && to !== undefined && !moveElement(call, from, to)) call.reply.nil();
  },
};
