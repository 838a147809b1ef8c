import type { Zsets } from '../../engine/collections/zsets.ts';
import { keyChanged, notifyKey, shrinkCollection } from '../key-access.ts';
import type { Call } from '../spec.ts';
import { spanSize, type RankSpan } from './rank-span.ts';

/** ZREMRANGEBY…: removes what `spanOf` finds in the sorted set at argument 1 and answers how many. */
export function removeSpan(call: Call, spanOf: (zsets: Zsets) => RankSpan, event: string): void {
  const { zsets } = call.node.store.collections;
  if (!shrinkCollection(call, 1, zsets)) return;
  const span = spanOf(zsets);
  const removed = zsets.size === 0 ? 0 : spanSize(span);
  if (removed > 0) zsets.removeRange(span.from, removed);
  const isEmpty = zsets.size === 0;
  zsets.done();
  if (removed > 0) {
    keyChanged(call, 1, 'z', event);
    if (isEmpty) notifyKey(call, 1, 'g', 'del');
  }
  call.reply.integer(removed);
}
