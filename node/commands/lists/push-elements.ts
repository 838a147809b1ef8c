import { keyReady } from '../blocking-keys.ts';
import { editCollection, keyChanged } from '../key-access.ts';
import type { Call } from '../spec.ts';
import type { ListEnd } from './list-end.ts';

/** LPUSH, RPUSH and, `onlyIfThere`, LPUSHX and RPUSHX: `key element …`. */
export function pushElements(call: Call, end: ListEnd, onlyIfThere: boolean): void {
  const { argc, bytes, start, length } = call;
  const { lists } = call.node.store.collections;
  if (!editCollection(call, 1, lists)) return;
  if (onlyIfThere && lists.size === 0) {
    lists.done();
    return call.reply.integer(0);
  }
  if (end === 'left') for (let i = 2; i < argc; i++) lists.pushFront(bytes, start[i], length[i]);
  else for (let i = 2; i < argc; i++) lists.pushBack(bytes, start[i], length[i]);
  const { size } = lists;
  lists.done();
  keyChanged(call, 1, 'l', end === 'left' ? 'lpush' : 'rpush');
  keyReady(call, 1);
  call.reply.integer(size);
}
