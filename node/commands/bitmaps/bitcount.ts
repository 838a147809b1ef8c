import { integerAt } from '../integer-text.ts';
import { readString, syntaxErrorLine, wrongType } from '../key-access.ts';
import { oneReadKey } from '../key-specs.ts';
import type { Call, CommandSpec } from '../spec.ts';
import { bitRange, bitRangeUnits, rangeEnds } from './bit-range.ts';

/** Set bits of every byte. */
const ones = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length);

export const bitcount: CommandSpec = {
  name: 'bitcount',
  summary: 'Counts the set bits of a string or a part of it.',
  since: '2.6.0',
  group: 'bitmap',
  complexity: 'O(N)',
  arity: -2,
  flags: ['readonly'],
  categories: ['bitmap'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }, { name: 'index', type: 'block', optional: true, args: [{ name: 'start', type: 'integer' }, { name: 'end', type: 'integer' }, bitRangeUnits] }],
  run(call) {
    const ref = readString(call, 1);
    if (ref === wrongType) return;
    if (ref === 0) return call.reply.integer(0);
    if (call.argc === 3 || call.argc > 5) return call.reply.error(syntaxErrorLine);
    const { store } = call.node;
    if (call.argc === 2) {
      store.open(ref);
      return call.reply.integer(countBits(store.entryBytes, store.valueStart, 0, store.valueLength * 8 - 1));
    }
    countRange(call, ref);
  },
};

function countRange(call: Call, ref: number): void {
  const start = integerAt(call, 2);
  const end = integerAt(call, 3);
  // Two negative ends in the wrong order are empty even where both would be cut to 0, and before the unit is looked at.
  if (start < 0 && end < 0 && start > end) return call.reply.integer(0);
  const ends = rangeEnds(call, 2, false);
  if (ends === undefined) return;
  const { store } = call.node;
  store.open(ref);
  const { first, last } = bitRange(ends, store.valueLength);
  call.reply.integer(countBits(store.entryBytes, store.valueStart, first, last));
}

/** Set bits from `first` to `last` of the string at `start`. */
function countBits(bytes: Uint8Array, start: number, first: number, last: number): number {
  if (first > last) return 0;
  const firstByte = start + Math.floor(first / 8);
  const lastByte = start + Math.floor(last / 8);
  let count = 0;
  for (let i = firstByte; i <= lastByte; i++) count += ones[bytes[i]];
  const before = bytes[firstByte] & ~(0xff >>> (first & 7));
  const behind = bytes[lastByte] & (0x7f >>> (last & 7));
  return count - ones[before & 0xff] - ones[behind];
}
