import { stringEncoding } from '../../engine/entry-layout.ts';
import { integerAt } from '../integer-text.ts';
import { findString, wrongType } from '../key-access.ts';
import { oneAccessUpdateKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { changeString, finishString, finishUnchanged } from '../strings/change-string.ts';
import { bitOffsetAt } from './bit-offset.ts';

export const setbit: CommandSpec = {
  name: 'setbit',
  summary: 'Sets or clears one bit of a string and returns what it was. The string grows as far as needed.',
  since: '2.2.0',
  group: 'bitmap',
  complexity: 'O(1)',
  arity: 4,
  flags: ['write', 'denyoom'],
  categories: ['bitmap'],
  keys: oneAccessUpdateKey,
  args: [{ name: 'key', type: 'key' }, { name: 'offset', type: 'integer' }, { name: 'value', type: 'integer' }],
  run(call) {
    const offset = bitOffsetAt(call, 2);
    if (offset < 0) return;
    const bit = integerAt(call, 3);
    if (bit !== 0 && bit !== 1) return call.reply.error('ERR bit is not an integer or out of range');
    const ref = findString(call, 1);
    if (ref === wrongType) return;
    const { store } = call.node;
    if (ref !== 0) store.open(ref);
    const oldLength = ref === 0 ? 0 : store.valueLength;
    const byte = Math.floor(offset / 8);
    const mask = 0x80 >>> (offset & 7);
    const old = byte < oldLength && (store.entryBytes[store.valueStart + byte] & mask) !== 0 ? 1 : 0;
    // A bit that has its value already is no change, though the string then counts as one changed in place; a string that grows is one.
    const changes = byte >= oldLength || old !== bit;
    if (!changes && store.encodingOf(ref) === stringEncoding.raw) return call.reply.integer(old);
    const at = changeString(call, 1, Math.max(oldLength, byte + 1), stringEncoding.raw);
    if (at < 0) return;
    if (byte >= oldLength) store.entryBytes.fill(0, at + oldLength, at + byte + 1);
    if (bit === 1) store.entryBytes[at + byte] |= mask;
    else store.entryBytes[at + byte] &= ~mask;
    if (changes) finishString(call, 1, 'setbit');
    else finishUnchanged(call);
    call.reply.integer(old);
  },
};
