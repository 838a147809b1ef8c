import { integerAt } from './integer-text.ts';
import { optionIs, syntaxErrorLine } from './key-access.ts';
import type { Call } from './spec.ts';

/** `numkeys key … end [COUNT count]` of ZMPOP, LMPOP and their waiting kin. */
export interface MultiplePop {
  readonly firstKey: number;
  readonly lastKey: number;
  /** The second of the two words was given (MAX, RIGHT). */
  readonly fromLast: boolean;
  readonly count: number;
}

/** `at` is the argument `numkeys`; undefined after answering what is wrong. */
export function multiplePopAt(call: Call, at: number, firstWord: string, lastWord: string): MultiplePop | undefined {
  const keys = integerAt(call, at);
  if (Number.isNaN(keys) || keys < 1) return refuse(call, 'ERR numkeys should be greater than 0');
  const where = at + keys + 1;
  if (where >= call.argc) return refuse(call, syntaxErrorLine);
  const fromLast = optionIs(call, where, lastWord);
  if (!fromLast && !optionIs(call, where, firstWord)) return refuse(call, syntaxErrorLine);
  let count = -1;
  for (let i = where + 1; i < call.argc; i += 2) {
    if (count !== -1 || !optionIs(call, i, 'count') || i + 1 >= call.argc) return refuse(call, syntaxErrorLine);
    count = integerAt(call, i + 1);
    if (Number.isNaN(count) || count < 1) return refuse(call, 'ERR count should be greater than 0');
  }
  return { firstKey: at + 1, lastKey: at + keys, fromLast, count: count === -1 ? 1 : count };
}

function refuse(call: Call, line: string): undefined {
  call.reply.error(line);
  return undefined;
}
