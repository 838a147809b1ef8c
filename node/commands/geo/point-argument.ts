import { doubleAt } from '../double-argument.ts';
import type { ReplyWriter } from '../../server/reply-writer.ts';
import type { Call } from '../spec.ts';
import { isOnMap, type Point } from './coordinates.ts';

const decimals = 17;

/** Longitude and latitude as arguments `i` and `i + 1`; undefined after answering what is wrong. */
export function pointAt(call: Call, i: number): Point | undefined {
  const longitude = doubleAt(call, i);
  const latitude = doubleAt(call, i + 1);
  if (Number.isNaN(longitude) || Number.isNaN(latitude)) {
    call.reply.error('ERR value is not a valid float');
    return undefined;
  }
  const point = { longitude, latitude };
  if (isOnMap(point)) return point;
  call.reply.error(`ERR invalid longitude,latitude pair ${sixDecimals(longitude)},${sixDecimals(latitude)}`);
  return undefined;
}

function sixDecimals(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return Math.abs(value) < 1e21 ? value.toFixed(6) : `${BigInt(value)}.000000`;
}

export function replyPoint(reply: ReplyWriter, { longitude, latitude }: Point): void {
  reply.array(2);
  replyCoordinate(reply, longitude);
  replyCoordinate(reply, latitude);
}

/** At most 17 decimals and no exponent. */
function replyCoordinate(reply: ReplyWriter, value: number): void {
  const text = value.toFixed(decimals).replace(/\.?0+$/, '');
  if (reply.resp === 3) reply.raw(Buffer.from(`,${text}\r\n`));
  else reply.bulkLatin1(text);
}
