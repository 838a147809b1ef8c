import type { Zsets } from '../../engine/collections/zsets.ts';
import { parseDouble } from '../double-argument.ts';
import type { Call } from '../spec.ts';
import type { RankSpan } from './rank-span.ts';

/** `min max` of ZRANGEBYSCORE and its kin: `5` takes 5 in, `(5` leaves it out. */
export interface ScoreRange {
  readonly min: number;
  readonly minExclusive: boolean;
  readonly max: number;
  readonly maxExclusive: boolean;
}

const openBracket = 0x28;
const space = 0x20;

/** Undefined after answering that one is not a number. */
export function scoreRangeAt(call: Call, minIndex: number, maxIndex: number): ScoreRange | undefined {
  const min = boundAt(call, minIndex);
  const max = boundAt(call, maxIndex);
  if (Number.isNaN(min) || Number.isNaN(max)) {
    call.reply.error('ERR min or max is not a float');
    return undefined;
  }
  return { min, minExclusive: isExclusive(call, minIndex), max, maxExclusive: isExclusive(call, maxIndex) };
}

export function spanOfScores(zsets: Zsets, { min, minExclusive, max, maxExclusive }: ScoreRange): RankSpan {
  return { from: zsets.rankOfScore(min, minExclusive), to: zsets.rankOfScore(max, !maxExclusive) };
}

function isExclusive(call: Call, i: number): boolean {
  return call.length[i] > 0 && call.bytes[call.start[i]] === openBracket;
}

/** As C's strtod reads it: spaces in front do not matter, and nothing at all is 0. */
function boundAt(call: Call, i: number): number {
  let start = call.start[i];
  const end = start + call.length[i];
  if (isExclusive(call, i)) start += 1;
  while (start < end && (call.bytes[start] === space || (call.bytes[start] >= 0x09 && call.bytes[start] <= 0x0d))) start += 1;
  return start === end && start === call.start[i] + (isExclusive(call, i) ? 1 : 0) ? 0 : parseDouble(call.bytes, start, end - start);
}
