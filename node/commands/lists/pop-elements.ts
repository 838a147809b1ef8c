import { entryType } from '../../engine/entry-layout.ts';
import { firstFilled, timeoutAt, waitForKeys } from '../blocking-keys.ts';
import { integerAt } from '../integer-text.ts';
import { keyChanged, notifyKey, shrinkCollection } from '../key-access.ts';
import type { Call } from '../spec.ts';
import type { ListEnd } from './list-end.ts';

/** LPOP and RPOP: `key [count]`. */
export function popCounted(call: Call, end: ListEnd, name: string): void {
  const { argc, reply } = call;
  if (argc > 3) return reply.error(`ERR wrong number of arguments for '${name}' command`);
  const count = argc === 3 ? integerAt(call, 2) : 1;
  if (Number.isNaN(count) || count < 0) return reply.error('ERR value is out of range, must be positive');
  const { lists } = call.node.store.collections;
  if (!shrinkCollection(call, 1, lists)) return;
  const { size } = lists;
  if (size === 0) {
    if (argc === 3) reply.nullArray();
    else reply.nil();
    return;
  }
  const total = Math.min(count, size);
  if (argc === 3) reply.array(total);
  if (total > 0) finishPop(call, 1, end, total);
}

/** Takes elements from the list being edited and answers each; there are so many. */
function finishPop(call: Call, key: number, end: ListEnd, total: number): void {
  const { reply } = call;
  const { lists } = call.node.store.collections;
  for (let i = 0; i < total; i++) {
    if (end === 'left') lists.popFront();
    else lists.popBack();
    reply.bulk(lists.elementBytes, lists.elementStart, lists.elementLength);
  }
  const isEmpty = lists.size === 0;
  lists.done();
  keyChanged(call, key, 'l', end === 'left' ? 'lpop' : 'rpop');
  if (isEmpty) notifyKey(call, key, 'g', 'del');
}

/** BLPOP and BRPOP: `key … timeout`. */
export function popOneOrWait(call: Call, end: ListEnd): void {
  const last = call.argc - 2;
  const timeoutMs = timeoutAt(call, call.argc - 1);
  if (timeoutMs < 0) return;
  const key = firstFilled(call, 1, last, entryType.list);
  if (key === 0) return waitForKeys(call, 1, last, timeoutMs, 'nullArray');
  const { lists } = call.node.store.collections;
  if (key < 0 || !shrinkCollection(call, key, lists)) return;
  call.reply.array(2);
  call.reply.bulk(call.bytes, call.start[key], call.length[key]);
  finishPop(call, key, end, 1);
}

/** LMPOP and BLMPOP: the key's name and up to `count` of its elements. */
export function popWithKey(call: Call, key: number, end: ListEnd, count: number): void {
  const { lists } = call.node.store.collections;
  if (!shrinkCollection(call, key, lists)) return;
  const total = Math.min(count, lists.size);
  call.reply.array(2);
  call.reply.bulk(call.bytes, call.start[key], call.length[key]);
  call.reply.array(total);
  finishPop(call, key, end, total);
}
