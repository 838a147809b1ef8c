import { latin1At } from '../arguments.ts';
import { integerAt } from '../integer-text.ts';
import { notAnIntegerLine, optionIs, syntaxErrorLine } from '../key-access.ts';
import type { Call } from '../spec.ts';

export interface SortOptions {
  readonly descending: boolean;
  readonly alphabetic: boolean;
  /** `BY` with a constant: the elements stay as they are. */
  readonly unsorted: boolean;
  readonly offset: number;
  /** Negative: all. */
  readonly count: number;
  /** Argument that is the key to store at; 0: none. */
  readonly storeAt: number;
}

/** How many values the options of SORT take, for whoever looks for its keys: `sortOptions` reads them so. */
export const optionValues: Readonly<Record<string, number>> = { limit: 2, store: 1, by: 1, get: 1 };

/** Undefined after answering what is wrong. Patterns that name other keys are refused as Redis Cluster refuses them: those could lie anywhere. */
export function sortOptions(call: Call, mayStore: boolean): SortOptions | undefined {
  let descending = false;
  let alphabetic = false;
  let unsorted = false;
  let offset = 0;
  let count = -1;
  let storeAt = 0;
  for (let i = 2; i < call.argc; i++) {
    const behind = call.argc - i - 1;
    if (optionIs(call, i, 'asc')) descending = false;
    else if (optionIs(call, i, 'desc')) descending = true;
    else if (optionIs(call, i, 'alpha')) alphabetic = true;
    else if (optionIs(call, i, 'limit') && behind >= 2) {
      offset = integerAt(call, ++i);
      count = integerAt(call, ++i);
      if (Number.isNaN(offset) || Number.isNaN(count)) return refuse(call, notAnIntegerLine);
    } else if (mayStore && optionIs(call, i, 'store') && behind >= 1) storeAt = ++i;
    else if (optionIs(call, i, 'by') && behind >= 1) {
      if (latin1At(call, ++i).includes('*')) return refuse(call, 'ERR BY option of SORT denied in Cluster mode.');
      unsorted = true;
    } else if (optionIs(call, i, 'get') && behind >= 1) return refuse(call, 'ERR GET option of SORT denied in Cluster mode.');
    else return refuse(call, syntaxErrorLine);
  }
  return { descending, alphabetic, unsorted, offset, count, storeAt };
}

function refuse(call: Call, line: string): undefined {
  call.reply.error(line);
  return undefined;
}
