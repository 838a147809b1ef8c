import type { Zsets } from '../../engine/collections/zsets.ts';
import type { Call } from '../spec.ts';
import { copyOf, storeMembers } from '../zsets/stored-members.ts';
import { cellScores, pointOf, scoreOf, type Point } from './coordinates.ts';
import { distanceText } from './distance.ts';
import { replyPoint } from './point-argument.ts';
import { cellsOf, distanceWithin, type Shape } from './search-area.ts';
import { searchRequest, type SearchKind, type SearchRequest } from './search-request.ts';

interface Found {
  readonly member: Buffer;
  readonly score: number;
  readonly point: Point;
  readonly distanceMeters: number;
}

/** GEOSEARCH, GEORADIUS and their kin. */
export function runSearch(call: Call, kind: SearchKind): void {
  const request = searchRequest(call, kind);
  if (request === undefined) return;
  const { shape, count, order, storeKey, unitMeters } = request;
  const all = shape === undefined ? [] : find(call.node.store.collections.zsets, shape, request.any ? count : Infinity);
  const sign = order === 'descending' ? -1 : 1;
  const sorted = order === 'none' ? all : all.toSorted((a, b) => sign * (a.distanceMeters - b.distanceMeters));
  const found = count === 0 ? sorted : sorted.slice(0, count);
  if (storeKey === 0) return replyFound(call, found, request);
  const members = found.map(({ member, score, distanceMeters }) => ({ member, score: request.storesDistance ? distanceMeters / unitMeters : score }));
  storeMembers(call, storeKey, members, kind.center === 'options' ? 'geosearchstore' : 'georadiusstore');
}

/** Walks through the scores of each cell of the area. */
function find(zsets: Zsets, shape: Shape, limit: number): Found[] {
  const found: Found[] = [];
  for (const cell of cellsOf(shape)) {
    const lowest = scoreOf(cell);
    const from = zsets.rankOfScore(lowest, false);
    const to = zsets.rankOfScore(lowest + cellScores(cell.step), false);
    for (let rank = from; rank < to && found.length < limit; rank++) {
      if (rank === from) zsets.seekRank(rank);
      else zsets.next();
      const point = pointOf(zsets.score);
      const distanceMeters = distanceWithin(shape, point);
      if (distanceMeters >= 0) found.push({ ...copyOf(zsets), point, distanceMeters });
    }
  }
  return found;
}

function replyFound({ reply }: Call, found: readonly Found[], { withDistance, withHash, withCoordinates, unitMeters }: SearchRequest): void {
  const parts = 1 + (withDistance ? 1 : 0) + (withHash ? 1 : 0) + (withCoordinates ? 1 : 0);
  reply.array(found.length);
  for (const { member, score, point, distanceMeters } of found) {
    if (parts > 1) reply.array(parts);
    reply.bulk(member, 0, member.length);
    if (withDistance) reply.bulkLatin1(distanceText(distanceMeters / unitMeters));
    if (withHash) reply.integer(score);
    if (withCoordinates) replyPoint(reply, point);
  }
}
