import type { Zsets } from '../../engine/collections/zsets.ts';
import type { Call } from '../spec.ts';
import type { RankSpan } from './rank-span.ts';

/** `min max` of ZRANGEBYLEX and its kin: `-`, `+`, `[member` or `(member`; the arguments stay where they are. */
export interface LexRange {
  readonly min: number;
  readonly max: number;
}

const mark = { lowest: 0x2d, highest: 0x2b, inclusive: 0x5b, exclusive: 0x28 } as const;

/** Undefined after answering that one is not valid. */
export function lexRangeAt(call: Call, minIndex: number, maxIndex: number): LexRange | undefined {
  if (isBound(call, minIndex) && isBound(call, maxIndex)) return { min: minIndex, max: maxIndex };
  call.reply.error('ERR min or max not valid string range item');
  return undefined;
}

export function spanOfMembers(call: Call, zsets: Zsets, { min, max }: LexRange): RankSpan {
  return { from: rankBehind(call, zsets, min, mark.exclusive), to: rankBehind(call, zsets, max, mark.inclusive) };
}

function isBound(call: Call, i: number): boolean {
  if (call.length[i] === 0) return false;
  const first = call.bytes[call.start[i]];
  if (first === mark.inclusive || first === mark.exclusive) return true;
  return (first === mark.lowest || first === mark.highest) && call.length[i] === 1;
}

/** How many members are below the bound; one that equals it counts when the bound has the mark `countsEqual`. */
function rankBehind(call: Call, zsets: Zsets, i: number, countsEqual: number): number {
  const first = call.bytes[call.start[i]];
  if (first === mark.lowest) return 0;
  if (first === mark.highest) return zsets.size;
  return zsets.rankOfLex(call.bytes, call.start[i] + 1, call.length[i] - 1, first === countsEqual);
}
