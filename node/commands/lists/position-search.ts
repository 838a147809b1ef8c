import type { Lists } from '../../engine/collections/lists.ts';
import { entryType } from '../../engine/entry-layout.ts';
import { integerAt } from '../integer-text.ts';
import { notAnIntegerLine, optionIs, readCollection, syntaxErrorLine, wrongType } from '../key-access.ts';
import type { Call } from '../spec.ts';
import { isHere } from './is-here.ts';

interface Search {
  /** Which match is the first to count; negative: from the end. */
  readonly rank: number;
  /** -1: one position is answered, not an array; 0: all. */
  readonly count: number;
  /** Elements looked at, 0: all. */
  readonly maxLength: number;
}

const zeroRankLine = "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list";

/** LPOS: `key element [RANK rank] [COUNT count] [MAXLEN length]`. */
export function replyPositions(call: Call): void {
  const search = searchOf(call);
  if (search === undefined) return;
  const ref = readCollection(call, 1, entryType.list);
  if (ref === wrongType) return;
  const { reply } = call;
  const single = search.count === -1;
  if (ref === 0) {
    if (single) reply.nil();
    else reply.array(0);
    return;
  }
  const { lists } = call.node.store.collections;
  lists.load(ref);
  const mark = reply.deferred();
  const found = find(call, lists, search);
  if (!single) reply.closeArray(mark, found);
  else if (found === 0) reply.nil();
}

/** Answers positions; returns how many. */
function find(call: Call, lists: Lists, { rank, count, maxLength }: Search): number {
  const { size } = lists;
  const backwards = rank < 0;
  const wanted = count === -1 ? 1 : count === 0 ? Infinity : count;
  const last = maxLength === 0 ? size : Math.min(size, maxLength);
  let matches = 0;
  let found = 0;
  lists.seek(backwards ? -1 : 0);
  for (let i = 0; i < last && found < wanted; i++) {
    if (i > 0) step(lists, backwards);
    if (!isHere(call, lists, 2)) continue;
    matches += 1;
    if (matches < Math.abs(rank)) continue;
    call.reply.integer(backwards ? size - 1 - i : i);
    found += 1;
  }
  return found;
}

function step(lists: Lists, backwards: boolean): void {
  if (backwards) lists.previous();
  else lists.next();
}

function searchOf(call: Call): Search | undefined {
  let rank = 1;
  let count = -1;
  let maxLength = 0;
  for (let i = 3; i < call.argc; i += 2) {
    if (i + 1 >= call.argc) return refuse(call, syntaxErrorLine);
    const value = integerAt(call, i + 1);
    if (optionIs(call, i, 'rank')) {
      if (Number.isNaN(value)) return refuse(call, notAnIntegerLine);
      if (value === 0) return refuse(call, zeroRankLine);
      rank = value;
    } else if (optionIs(call, i, 'count')) {
      if (Number.isNaN(value) || value < 0) return refuse(call, "ERR COUNT can't be negative");
      count = value;
    } else if (optionIs(call, i, 'maxlen')) {
      if (Number.isNaN(value) || value < 0) return refuse(call, "ERR MAXLEN can't be negative");
      maxLength = value;
    } else return refuse(call, syntaxErrorLine);
  }
  return { rank, count, maxLength };
}

function refuse(call: Call, line: string): undefined {
  call.reply.error(line);
  return undefined;
}
