import { integerAt } from '../integer-text.ts';
import { notAnIntegerLine, readString, syntaxErrorLine, wrongType } from '../key-access.ts';
import { oneReadKey } from '../key-specs.ts';
import type { Call, CommandSpec } from '../spec.ts';
import { bitRange, bitRangeUnits, rangeEnds } from './bit-range.ts';

export const bitpos: CommandSpec = {
  name: 'bitpos',
  summary: 'Finds the first set or clear bit of a string or a part of it.',
  since: '2.8.7',
  group: 'bitmap',
  complexity: 'O(N)',
  arity: -3,
  flags: ['readonly'],
  categories: ['bitmap'],
  keys: oneReadKey,
  args: [
    { name: 'key', type: 'key' },
    { name: 'bit', type: 'integer' },
    { name: 'index', type: 'block', optional: true, args: [{ name: 'start', type: 'integer' }, { name: 'end_index', type: 'block', optional: true, args: [{ name: 'end', type: 'integer' }, bitRangeUnits] }] },
  ],
  run(call) {
    const { reply } = call;
    const bit = integerAt(call, 2);
    if (Number.isNaN(bit)) return reply.error(notAnIntegerLine);
    if (bit !== 0 && bit !== 1) return reply.error('ERR The bit argument must be 1 or 0.');
    const ref = readString(call, 1);
    if (ref === wrongType) return;
    // An absent string is clear bits without end.
    if (ref === 0) return reply.integer(bit === 1 ? -1 : 0);
    if (call.argc > 6) return reply.error(syntaxErrorLine);
    replyPosition(call, ref, bit);
  },
};

function replyPosition(call: Call, ref: number, bit: number): void {
  const { store } = call.node;
  const ends = call.argc === 3 ? { start: 0, end: Number.NaN, inBits: false } : rangeEnds(call, 3, true);
  if (ends === undefined) return;
  store.open(ref);
  const { first, last } = bitRange(ends, store.valueLength);
  if (first > last) return call.reply.integer(-1);
  const found = findBit(store.entryBytes, store.valueStart, first, last, bit);
  // Without an end the string counts as followed by clear bits.
  if (found < 0 && bit === 0 && Number.isNaN(ends.end)) return call.reply.integer(store.valueLength * 8);
  call.reply.integer(found);
}

function findBit(bytes: Uint8Array, start: number, first: number, last: number, bit: number): number {
  /** A byte that holds none of what is sought. */
  const blank = bit === 1 ? 0x00 : 0xff;
  for (let position = first; position <= last; ) {
    const byte = bytes[start + Math.floor(position / 8)];
    if (byte === blank) position += 8 - (position & 7);
    else if (((byte >>> (7 - (position & 7))) & 1) === bit) return position;
    else position += 1;
  }
  return -1;
}
