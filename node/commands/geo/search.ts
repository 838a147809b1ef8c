import type { Zsets } from '../../engine/collections/zsets.ts';
import type { Call } from '../spec.ts';
import { ElementRows } from '../working-memory/element-rows.ts';
import { NumberColumn } from '../working-memory/columns.ts';
import { ScoredRows } from '../working-memory/scored-rows.ts';
import { sortRows } from '../working-memory/sort-rows.ts';
import { expectReply, working } from '../working-memory/working.ts';
import type { WorkingMemory } from '../working-memory/working-memory.ts';
import { storeMembers } from '../zsets/stored-members.ts';
import { cellScores, pointOf, scoreOf } from './coordinates.ts';
import { distanceText } from './distance.ts';
import { replyPoint } from './point-argument.ts';
import { cellsOf, distanceWithin, type Shape } from './search-area.ts';
import { searchRequest, type SearchKind, type SearchRequest } from './search-request.ts';

/** What is asked for beside a member, in an answer, about. */
const detailsBytes = 80;

/** What lies in the area; distances in metres and rows in the order of the answer. */
interface Found {
  readonly rows: ElementRows;
  readonly scores: NumberColumn;
  readonly distances: Float64Array;
  readonly order: Int32Array;
  readonly count: number;
}

/** GEOSEARCH, GEORADIUS and their kin. */
export function runSearch(call: Call, kind: SearchKind): void {
  const request = searchRequest(call, kind);
  if (request === undefined) return;
  const { storeKey, storesDistance, unitMeters } = request;
  working(call, (memory) => {
    const found = inOrder(memory, call.node.store.collections.zsets, request);
    if (storeKey === 0) return replyFound(call, memory, found, request);
    const members = new ScoredRows(memory);
    for (let i = 0; i < found.count; i++) {
      found.rows.look(found.order[i]);
      members.add(found.rows.bytes, found.rows.start, found.rows.length, storesDistance ? found.distances[i] / unitMeters : found.scores.get(found.order[i]));
    }
    storeMembers(call, storeKey, members, kind.center === 'options' ? 'geosearchstore' : 'georadiusstore');
  });
}

function inOrder(memory: WorkingMemory, zsets: Zsets, { shape, count, any, order: wanted }: SearchRequest): Found {
  const rows = new ElementRows(memory);
  const scores = new NumberColumn(memory);
  const inMeters = new NumberColumn(memory);
  if (shape !== undefined) find(zsets, shape, any ? count : Infinity, rows, scores, inMeters);
  const sign = wanted === 'descending' ? -1 : 1;
  const distances = memory.doubles(rows.count);
  const order = memory.words(rows.count);
  for (let row = 0; row < rows.count; row++) {
    distances[row] = sign * inMeters.get(row);
    order[row] = row;
  }
  inMeters.free();
  // Equally distant ones stay as they were found.
  if (wanted !== 'none') sortRows({ weights: distances, rows: order, tie: (left, right) => left - right }, rows.count);
  if (sign < 0) for (let i = 0; i < rows.count; i++) distances[i] = -distances[i];
  return { rows, scores, distances, order, count: count === 0 ? rows.count : Math.min(count, rows.count) };
}

/** Walks through the scores of each cell of the area. */
function find(zsets: Zsets, shape: Shape, limit: number, rows: ElementRows, scores: NumberColumn, inMeters: NumberColumn): void {
  for (const cell of cellsOf(shape)) {
    const lowest = scoreOf(cell);
    const from = zsets.rankOfScore(lowest, false);
    const to = zsets.rankOfScore(lowest + cellScores(cell.step), false);
    for (let rank = from; rank < to && rows.count < limit; rank++) {
      if (rank === from) zsets.seekRank(rank);
      else zsets.next();
      const distanceMeters = distanceWithin(shape, pointOf(zsets.score));
      if (distanceMeters < 0) continue;
      const row = rows.add(zsets.memberBytes, zsets.memberStart, zsets.memberLength);
      scores.set(row, zsets.score);
      inMeters.set(row, distanceMeters);
    }
  }
}

function replyFound(call: Call, memory: WorkingMemory, { rows, scores, distances, order, count }: Found, { withDistance, withHash, withCoordinates, unitMeters }: SearchRequest): void {
  const { reply } = call;
  const parts = 1 + (withDistance ? 1 : 0) + (withHash ? 1 : 0) + (withCoordinates ? 1 : 0);
  let bytes = 0;
  for (let i = 0; i < count; i++) bytes += rows.lengthOf(order[i]);
  expectReply(call, memory, count, bytes, parts > 1 ? detailsBytes : 0);
  reply.array(count);
  for (let i = 0; i < count; i++) {
    rows.look(order[i]);
    const score = scores.get(order[i]);
    if (parts > 1) reply.array(parts);
    reply.bulk(rows.bytes, rows.start, rows.length);
    if (withDistance) reply.bulkLatin1(distanceText(distances[i] / unitMeters));
    if (withHash) reply.integer(score);
    if (withCoordinates) replyPoint(reply, pointOf(score));
  }
}
