import { entryType } from '../../engine/entry-layout.ts';
import type { ReplyWriter } from '../../server/reply-writer.ts';
import { readCollection, wrongType } from '../key-access.ts';
import type { Call } from '../spec.ts';
import { pointOf, type Point } from './coordinates.ts';

/** GEOPOS and GEOHASH: something for each member that is there, and for each that is not. */
export function replyPlaces(call: Call, there: (reply: ReplyWriter, point: Point) => void, absent: (reply: ReplyWriter) => void): void {
  const ref = readCollection(call, 1, entryType.zset);
  if (ref === wrongType) return;
  const { zsets } = call.node.store.collections;
  if (ref !== 0) zsets.load(ref);
  call.reply.array(call.argc - 2);
  for (let i = 2; i < call.argc; i++) {
    if (ref !== 0 && zsets.find(call.bytes, call.start[i], call.length[i])) there(call.reply, pointOf(zsets.score));
    else absent(call.reply);
  }
}
