import { entryType } from '../../engine/entry-layout.ts';
import { integerAt } from '../integer-text.ts';
import { notAnIntegerLine, readCollection, wrongType } from '../key-access.ts';
import { oneReadKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

export const lindex: CommandSpec = {
  name: 'lindex',
  summary: 'Returns an element of a list by its position.',
  since: '1.0.0',
  group: 'list',
  complexity: 'O(N) where N is the number of elements to traverse to get to the element at index. This makes asking for the first or the last element of the list O(1).',
  arity: 3,
  flags: ['readonly'],
  categories: ['list'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }, { name: 'index', type: 'integer' }],
  run(call) {
    const ref = readCollection(call, 1, entryType.list);
    if (ref === wrongType) return;
    const { lists } = call.node.store.collections;
    if (ref === 0) return call.reply.nil();
    const index = integerAt(call, 2);
    if (Number.isNaN(index)) return call.reply.error(notAnIntegerLine);
    lists.load(ref);
    if (lists.seek(index)) call.reply.bulk(lists.elementBytes, lists.elementStart, lists.elementLength);
    else call.reply.nil();
  },
};
