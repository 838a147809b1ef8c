import { entryType } from '../../engine/entry-layout.ts';
import { integerAt } from '../integer-text.ts';
import { notAnIntegerLine, readCollection, wrongType } from '../key-access.ts';
import { oneReadKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

export const lrange: CommandSpec = {
  name: 'lrange',
  summary: 'Returns a range of elements of a list.',
  since: '1.0.0',
  group: 'list',
  complexity: 'O(S+N) where S is the distance of start offset from HEAD for small lists, from nearest end (HEAD or TAIL) for large lists; and N is the number of elements in the specified range.',
  arity: 4,
  flags: ['readonly'],
  categories: ['list'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }, { name: 'start', type: 'integer' }, { name: 'stop', type: 'integer' }],
  run(call) {
    const { reply } = call;
    const start = integerAt(call, 2);
    const stop = integerAt(call, 3);
    if (Number.isNaN(start) || Number.isNaN(stop)) return reply.error(notAnIntegerLine);
    const ref = readCollection(call, 1, entryType.list);
    if (ref === wrongType) return;
    const { lists } = call.node.store.collections;
    if (ref === 0) return reply.array(0);
    lists.load(ref);
    const { size } = lists;
    const from = Math.max(0, start < 0 ? size + start : start);
    const count = Math.min(size - 1, stop < 0 ? size + stop : stop) - from + 1;
    if (count <= 0) return reply.array(0);
    reply.array(count);
    lists.seek(from);
    for (let i = 0; i < count; i++) {
      if (i > 0) lists.next();
      reply.bulk(lists.elementBytes, lists.elementStart, lists.elementLength);
    }
  },
};
