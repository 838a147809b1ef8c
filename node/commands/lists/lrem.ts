import type { Lists } from '../../engine/collections/lists.ts';
import { integerAt } from '../integer-text.ts';
import { keyChanged, notAnIntegerLine, notifyKey, shrinkCollection } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { Call, CommandSpec } from '../spec.ts';
import { isHere } from './is-here.ts';

export const lrem: CommandSpec = {
  name: 'lrem',
  summary: 'Removes elements from a list that equal a value: all, or so many from the front or (negative) from the end.',
  since: '1.0.0',
  group: 'list',
  complexity: 'O(N+M) where N is the length of the list and M is the number of elements removed.',
  arity: 4,
  flags: ['write'],
  categories: ['list'],
  keys: keysAt(['RW', 'delete'], 0),
  args: [{ name: 'key', type: 'key' }, { name: 'count', type: 'integer' }, { name: 'element', type: 'string' }],
  run(call) {
    const count = integerAt(call, 2);
    if (Number.isNaN(count)) return call.reply.error(notAnIntegerLine);
    const { lists } = call.node.store.collections;
    if (!shrinkCollection(call, 1, lists)) return;
    const removed = count < 0 ? removeFromEnd(call, lists, -count) : removeFromFront(call, lists, count === 0 ? Infinity : count);
    const isEmpty = lists.size === 0;
    lists.done();
    if (removed > 0) {
      keyChanged(call, 1, 'l', 'lrem');
      if (isEmpty) notifyKey(call, 1, 'g', 'del');
    }
    call.reply.integer(removed);
  },
};

function removeFromFront(call: Call, lists: Lists, most: number): number {
  let removed = 0;
  lists.rewind();
  while (removed < most && lists.next()) {
    if (!isHere(call, lists, 3)) continue;
    lists.removeHere();
    removed += 1;
  }
  return removed;
}

function removeFromEnd(call: Call, lists: Lists, most: number): number {
  let removed = 0;
  for (let there = lists.seek(-1); there && removed < most; there = lists.size > 0 && lists.previous()) {
    if (!isHere(call, lists, 3)) continue;
    lists.removeHere();
    removed += 1;
  }
  return removed;
}
