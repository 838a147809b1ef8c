import { editCollection, keyChanged, optionIs, syntaxErrorLine } from '../key-access.ts';
import { oneInsertKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { isHere } from './is-here.ts';

export const linsert: CommandSpec = {
  name: 'linsert',
  summary: 'Puts an element before or after another one of a list.',
  since: '2.2.0',
  group: 'list',
  complexity: 'O(N) where N is the number of elements to traverse before seeing the value pivot.',
  arity: 5,
  flags: ['write', 'denyoom'],
  categories: ['list'],
  keys: oneInsertKey,
  args: [{ name: 'key', type: 'key' }, { name: 'where', type: 'oneof', args: [{ name: 'before', type: 'pure-token', token: 'BEFORE' }, { name: 'after', type: 'pure-token', token: 'AFTER' }] }, { name: 'pivot', type: 'string' }, { name: 'element', type: 'string' }],
  run(call) {
    const { bytes, start, length, reply } = call;
    const before = optionIs(call, 2, 'before');
    if (!before && !optionIs(call, 2, 'after')) return reply.error(syntaxErrorLine);
    const { lists } = call.node.store.collections;
    if (!editCollection(call, 1, lists)) return;
    const wasEmpty = lists.size === 0;
    lists.rewind();
    let found = false;
    while (!found && lists.next()) found = isHere(call, lists, 3);
    if (found && before) lists.insertBefore(bytes, start[4], length[4]);
    else if (found) lists.insertAfter(bytes, start[4], length[4]);
    const { size } = lists;
    lists.done();
    if (found) keyChanged(call, 1, 'l', 'linsert');
    reply.integer(found ? size : wasEmpty ? 0 : -1);
  },
};
