import { entryType } from '../../engine/entry-layout.ts';
import { firstFilled, timeoutAt, waitForKeys } from '../blocking-keys.ts';
import { integerAt } from '../integer-text.ts';
import { keyChanged, notifyKey, shrinkCollection, syntaxErrorLine } from '../key-access.ts';
import type { Call } from '../spec.ts';

export type End = 'min' | 'max';
/** ZPOPMIN (RESP2, or one member) · ZPOPMIN with a count over RESP3 · BZPOPMIN · ZMPOP. */
export type PopShape = 'flat' | 'pairs' | 'keyAndFlat' | 'keyAndPairs';

/** ZPOPMIN and ZPOPMAX: `key [count]`. */
export function popCounted(call: Call, end: End): void {
  const { argc, reply } = call;
  if (argc > 3) return reply.error(syntaxErrorLine);
  const count = argc === 3 ? integerAt(call, 2) : 1;
  if (Number.isNaN(count) || count < 0) return reply.error('ERR value is out of range, must be positive');
  popMembers(call, 1, end, count, argc === 3 && reply.resp === 3 ? 'pairs' : 'flat');
}

/** Takes up to `count` members from one end of the sorted set at argument `key` and answers them. */
export function popMembers(call: Call, key: number, end: End, count: number, shape: PopShape): void {
  const { zsets } = call.node.store.collections;
  if (!shrinkCollection(call, key, zsets)) return;
  const { reply } = call;
  const total = Math.min(count, zsets.size);
  if (total === 0) {
    zsets.done();
    return reply.array(0);
  }
  const pairs = shape === 'pairs' || shape === 'keyAndPairs';
  if (shape === 'keyAndFlat') reply.array(1 + 2 * total);
  if (shape === 'keyAndPairs') reply.array(2);
  if (shape === 'keyAndFlat' || shape === 'keyAndPairs') reply.bulk(call.bytes, call.start[key], call.length[key]);
  if (pairs) reply.array(total);
  if (shape === 'flat') reply.array(2 * total);
  for (let i = 0; i < total; i++) {
    const rank = end === 'min' ? 0 : zsets.size - 1;
    zsets.seekRank(rank);
    if (pairs) reply.array(2);
    reply.bulk(zsets.memberBytes, zsets.memberStart, zsets.memberLength);
    reply.double(zsets.score);
    zsets.removeRange(rank, 1);
  }
  const isEmpty = zsets.size === 0;
  zsets.done();
  keyChanged(call, key, 'z', end === 'min' ? 'zpopmin' : 'zpopmax');
  if (isEmpty) notifyKey(call, key, 'g', 'del');
}

/** BZPOPMIN, BZPOPMAX, BZMPOP: from the first of the keys that holds something, or waits. */
export function popOrWait(call: Call, first: number, last: number, timeoutIndex: number, end: End, count: number, shape: PopShape): void {
  const timeoutMs = timeoutAt(call, timeoutIndex);
  if (timeoutMs < 0) return;
  const key = firstFilled(call, first, last, entryType.zset);
  if (key > 0) popMembers(call, key, end, count, shape);
  else if (key === 0) waitForKeys(call, first, last, timeoutMs, 'nullArray');
}
