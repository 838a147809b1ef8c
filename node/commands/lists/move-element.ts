import { copyBytes } from '../../engine/copy-bytes.ts';
import { entryType } from '../../engine/entry-layout.ts';
import { firstFilled, keyReady, waitForKeys } from '../blocking-keys.ts';
import { editCollection, findKey, keyChanged, notifyKey, shrinkCollection, wrongTypeLine } from '../key-access.ts';
import type { Call } from '../spec.ts';
import type { ListEnd } from './list-end.ts';

/** The element on its way from one list to the other. */
let moving: Uint8Array = new Uint8Array(1024);

/** LMOVE, RPOPLPUSH: from the list at argument 1 to the one at argument 2; false when there is nothing to move (nothing was answered then). */
export function moveElement(call: Call, from: ListEnd, to: ListEnd): boolean {
  const { store } = call.node;
  const { lists } = store.collections;
  const source = firstFilled(call, 1, 1, entryType.list);
  if (source <= 0) return source < 0;
  const target = findKey(call, 2);
  if (target !== 0 && store.typeOf(target) !== entryType.list) {
    call.reply.error(wrongTypeLine);
    return true;
  }
  lists.load(findKey(call, 1));
  lists.seek(from === 'left' ? 0 : -1);
  const { elementLength } = lists;
  if (elementLength > moving.length) moving = new Uint8Array(elementLength * 2);
  copyBytes(lists.elementBytes, lists.elementStart, moving, 0, elementLength);
  // The target first: when there is no room for it the source keeps its element. On one and the same list the order makes no difference.
  if (!editCollection(call, 2, lists)) return true;
  if (to === 'left') lists.pushFront(moving, 0, elementLength);
  else lists.pushBack(moving, 0, elementLength);
  lists.done();
  keyChanged(call, 2, 'l', to === 'left' ? 'lpush' : 'rpush');
  keyReady(call, 2);
  if (shrinkCollection(call, 1, lists)) takeAway(call, from);
  call.reply.bulk(moving, 0, elementLength);
  return true;
}

function takeAway(call: Call, from: ListEnd): void {
  const { lists } = call.node.store.collections;
  if (from === 'left') lists.popFront();
  else lists.popBack();
  const isEmpty = lists.size === 0;
  lists.done();
  keyChanged(call, 1, 'l', from === 'left' ? 'lpop' : 'rpop');
  if (isEmpty) notifyKey(call, 1, 'g', 'del');
}

export function moveOrWait(call: Call, from: ListEnd, to: ListEnd, timeoutMs: number): void {
  if (!moveElement(call, from, to)) waitForKeys(call, 1, 1, timeoutMs, 'nil');
}
