import { integerAt } from '../integer-text.ts';
import { notAnIntegerLine, optionIs, syntaxErrorLine } from '../key-access.ts';
import type { ArgumentDoc, Call } from '../spec.ts';

/** A part of a string in bits, both ends included; empty where `first` > `last`. */
export interface BitRange {
  readonly first: number;
  readonly last: number;
}

export const bitRangeUnits: ArgumentDoc = {
  name: 'index_unit',
  type: 'oneof',
  optional: true,
  args: [{ name: 'byte', type: 'pure-token', token: 'BYTE' }, { name: 'bit', type: 'pure-token', token: 'BIT' }],
};

const emptyRange: BitRange = { first: 0, last: -1 };

/** The ends as they were given. */
interface Ends {
  readonly start: number;
  /** NaN: not given. */
  readonly end: number;
  readonly inBits: boolean;
}

/** `start [end [BYTE|BIT]]` from argument `i` on; undefined after answering what is wrong, by order of what Redis looks at first. */
export function rangeEnds(call: Call, i: number, unitBeforeEnd: boolean): Ends | undefined {
  const start = integerAt(call, i);
  const hasEnd = i + 1 < call.argc;
  const end = hasEnd ? integerAt(call, i + 1) : Number.NaN;
  const wrongUnit = unitFault(call, i + 2);
  const wrongEnd = hasEnd && Number.isNaN(end) ? notAnIntegerLine : undefined;
  const fault = Number.isNaN(start) ? notAnIntegerLine : unitBeforeEnd ? (wrongUnit ?? wrongEnd) : (wrongEnd ?? wrongUnit);
  if (fault === undefined) return { start, end, inBits: i + 2 < call.argc && optionIs(call, i + 2, 'bit') };
  call.reply.error(fault);
  return undefined;
}

function unitFault(call: Call, i: number): string | undefined {
  return i >= call.argc || optionIs(call, i, 'bit') || optionIs(call, i, 'byte') ? undefined : syntaxErrorLine;
}

/** Negative ends count from the end of a string of so many bytes. */
export function bitRange(ends: Ends, bytes: number): BitRange {
  const total = ends.inBits ? bytes * 8 : bytes;
  const end = Number.isNaN(ends.end) ? total - 1 : ends.end;
  const first = Math.max(0, ends.start < 0 ? total + ends.start : ends.start);
  const last = Math.min(total - 1, Math.max(0, end < 0 ? total + end : end));
  if (first > last) return emptyRange;
  return ends.inBits ? { first, last } : { first: first * 8, last: last * 8 + 7 };
}
