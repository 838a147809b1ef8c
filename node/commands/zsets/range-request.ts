import type { Zsets } from '../../engine/collections/zsets.ts';
import { integerAt } from '../integer-text.ts';
import { notAnIntegerLine, optionIs, syntaxErrorLine } from '../key-access.ts';
import type { Call } from '../spec.ts';
import { lexRangeAt, spanOfMembers, type LexRange } from './lex-range.ts';
import { spanOfIndices, type RankSpan } from './rank-span.ts';
import { scoreRangeAt, spanOfScores, type ScoreRange } from './score-range.ts';

/** What a command of the ZRANGE family asks for. */
export interface RangeRequest {
  readonly bounds: Bounds;
  readonly reverse: boolean;
  readonly withScores: boolean;
  readonly offset: number;
  /** Negative: all. */
  readonly limit: number;
}

type Bounds =
  | { readonly by: 'rank'; readonly start: number; readonly stop: number }
  | { readonly by: 'score'; readonly range: ScoreRange }
  | { readonly by: 'lex'; readonly range: LexRange };

/** What the command's name says already; undefined: an option of ZRANGE says it. */
export interface RangeKind {
  readonly by?: Bounds['by'];
  readonly reverse?: boolean;
  /** ZRANGESTORE: scores are never asked for. */
  readonly stores?: boolean;
}

/** The run of elements to answer: the first one's rank, how many, and in which direction. */
export interface Walk {
  readonly rank: number;
  readonly count: number;
  readonly reverse: boolean;
}

/** Reads `min max [options]` from argument `first` on; undefined after answering what is wrong. */
export function rangeRequest(call: Call, first: number, kind: RangeKind): RangeRequest | undefined {
  let { by, reverse } = kind;
  let withScores = false;
  let offset = 0;
  let limit = -1;
  for (let i = first + 2; i < call.argc; i++) {
    if (kind.stores !== true && optionIs(call, i, 'withscores')) withScores = true;
    else if (optionIs(call, i, 'limit') && i + 2 < call.argc) {
      offset = integerAt(call, i + 1);
      limit = integerAt(call, i + 2);
      if (Number.isNaN(offset) || Number.isNaN(limit)) return refuse(call, notAnIntegerLine);
      i += 2;
    } else if (kind.reverse === undefined && optionIs(call, i, 'rev')) reverse = true;
    else if (by === undefined && optionIs(call, i, 'bylex')) by = 'lex';
    else if (by === undefined && optionIs(call, i, 'byscore')) by = 'score';
    else return refuse(call, syntaxErrorLine);
  }
  if (limit !== -1 && (by ?? 'rank') === 'rank') return refuse(call, 'ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX');
  if (withScores && by === 'lex') return refuse(call, 'ERR syntax error, WITHSCORES not supported in combination with BYLEX');
  const bounds = boundsAt(call, first, by ?? 'rank', reverse === true);
  return bounds === undefined ? undefined : { bounds, reverse: reverse === true, withScores, offset, limit };
}

function boundsAt(call: Call, first: number, by: Bounds['by'], reverse: boolean): Bounds | undefined {
  if (by === 'rank') {
    const start = integerAt(call, first);
    const stop = integerAt(call, first + 1);
    return Number.isNaN(start) || Number.isNaN(stop) ? refuse(call, notAnIntegerLine) : { by, start, stop };
  }
  const min = reverse ? first + 1 : first;
  const max = reverse ? first : first + 1;
  if (by === 'score') {
    const range = scoreRangeAt(call, min, max);
    return range === undefined ? undefined : { by, range };
  }
  const range = lexRangeAt(call, min, max);
  return range === undefined ? undefined : { by, range };
}

export function walkOf(call: Call, zsets: Zsets, { bounds, reverse, offset, limit }: RangeRequest): Walk {
  if (bounds.by === 'rank') {
    const { from, to } = spanOfIndices(zsets.size, bounds.start, bounds.stop);
    return { rank: reverse ? zsets.size - 1 - from : from, count: Math.max(0, to - from), reverse };
  }
  const { from, to }: RankSpan = bounds.by === 'score' ? spanOfScores(zsets, bounds.range) : spanOfMembers(call, zsets, bounds.range);
  const behindOffset = offset < 0 ? 0 : to - from - offset;
  const count = Math.max(0, limit < 0 ? behindOffset : Math.min(limit, behindOffset));
  return { rank: reverse ? to - 1 - offset : from + offset, count, reverse };
}

function refuse(call: Call, line: string): undefined {
  call.reply.error(line);
  return undefined;
}
