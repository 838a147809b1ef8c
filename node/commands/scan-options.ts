import { bytesAt, latin1At } from './arguments.ts';
import { integerAt } from './integer-text.ts';
import { notAnIntegerLine, optionIs, syntaxErrorLine } from './key-access.ts';
import type { Call } from './spec.ts';

/** Options of HSCAN, SSCAN and ZSCAN: `key cursor [MATCH pattern] [COUNT count]`. */
export interface ScanOptions {
  readonly pattern: Uint8Array | undefined;
  readonly count: number;
}

const defaultCount = 10;
const maxCount = 100_000;

/** As C's strtoul reads it, which Redis uses: nothing is 0, and a minus counts down from 2^64. Undefined: no cursor. One that never came from us ends the walk. */
export function cursorAt(call: Call, i: number): number | undefined {
  const text = latin1At(call, i);
  if (text === '') return 0;
  const digits = /^[+-]?(\d{1,20})$/.exec(text)?.[1];
  if (digits === undefined || BigInt(digits) >= 2n ** 64n) return undefined;
  return Number(text.startsWith('-') ? BigInt.asUintN(64, -BigInt(digits)) : BigInt(digits));
}

/** -1 after answering that it is none. */
export function scanCursor(call: Call): number {
  const cursor = cursorAt(call, 2);
  if (cursor !== undefined) return cursor;
  call.reply.error('ERR invalid cursor');
  return -1;
}

/** Undefined after answering what is wrong. Read once the key was found: Redis looks at no options of an absent key. */
export function scanOptions(call: Call): ScanOptions | undefined {
  let pattern: Uint8Array | undefined;
  let count = defaultCount;
  for (let i = 3; i < call.argc; i += 2) {
    if (i + 1 >= call.argc) return refuse(call, syntaxErrorLine);
    if (optionIs(call, i, 'count')) {
      count = integerAt(call, i + 1);
      if (Number.isNaN(count)) return refuse(call, notAnIntegerLine);
      if (count < 1) return refuse(call, syntaxErrorLine);
    } else if (optionIs(call, i, 'match')) pattern = bytesAt(call, i + 1);
    else return refuse(call, syntaxErrorLine);
  }
  return { pattern, count: Math.min(count, maxCount) };
}

export function replyEmptyScan({ reply }: Call): void {
  reply.array(2);
  reply.bulkLatin1('0');
  reply.array(0);
}

function refuse(call: Call, line: string): undefined {
  call.reply.error(line);
  return undefined;
}
