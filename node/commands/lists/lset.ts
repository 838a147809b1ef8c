import { integerAt } from '../integer-text.ts';
import { editCollection, keyChanged, noSuchKeyLine, notAnIntegerLine } from '../key-access.ts';
import { oneUpdateKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

export const lset: CommandSpec = {
  name: 'lset',
  summary: 'Gives the element at a position of a list another value.',
  since: '1.0.0',
  group: 'list',
  complexity: 'O(N) where N is the length of the list. Setting either the first or the last element of the list is O(1).',
  arity: 4,
  flags: ['write', 'denyoom'],
  categories: ['list'],
  keys: oneUpdateKey,
  args: [{ name: 'key', type: 'key' }, { name: 'index', type: 'integer' }, { name: 'element', type: 'string' }],
  run(call) {
    const { bytes, start, length, reply } = call;
    const { lists } = call.node.store.collections;
    if (!editCollection(call, 1, lists)) return;
    const index = integerAt(call, 2);
    const fault = lists.size === 0 ? noSuchKeyLine : Number.isNaN(index) ? notAnIntegerLine : lists.seek(index) ? undefined : 'ERR index out of range';
    if (fault === undefined) lists.replace(bytes, start[3], length[3]);
    lists.done();
    if (fault !== undefined) return reply.error(fault);
    keyChanged(call, 1, 'l', 'lset');
    reply.ok();
  },
};
