import { entryType } from '../../engine/entry-layout.ts';
import type { Zsets } from '../../engine/collections/zsets.ts';
import { readCollection, wrongType } from '../key-access.ts';
import type { Call } from '../spec.ts';
import { rangeRequest, walkOf, type RangeKind, type Walk } from './range-request.ts';

/** ZRANGE and its kin: `key min max [options]`. */
export function replyRange(call: Call, kind: RangeKind): void {
  const request = rangeRequest(call, 2, kind);
  if (request === undefined) return;
  const ref = readCollection(call, 1, entryType.zset);
  if (ref === wrongType) return;
  const { zsets } = call.node.store.collections;
  const { reply } = call;
  if (ref === 0) return reply.array(0);
  zsets.load(ref);
  const walk = walkOf(call, zsets, request);
  const { withScores } = request;
  const nested = withScores && reply.resp === 3;
  reply.array(withScores && !nested ? walk.count * 2 : walk.count);
  if (walk.count === 0) return;
  zsets.seekRank(walk.rank);
  for (let i = 0; i < walk.count; i++) {
    if (i > 0) step(zsets, walk);
    if (nested) reply.array(2);
    reply.bulk(zsets.memberBytes, zsets.memberStart, zsets.memberLength);
    if (withScores) reply.double(zsets.score);
  }
}

export function step(zsets: Zsets, walk: Walk): void {
  if (walk.reverse) zsets.previous();
  else zsets.next();
}
