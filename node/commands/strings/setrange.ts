import { stringEncoding } from '../../engine/entry-layout.ts';
import { copyBytes } from '../../engine/copy-bytes.ts';
import { integerAt } from '../integer-text.ts';
import { findString, notAnIntegerLine, wrongType } from '../key-access.ts';
import { oneUpdateKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { changeString, finishString } from './change-string.ts';

export const setrange: CommandSpec = {
  name: 'setrange',
  summary: 'Overwrites a part of a string value with another by an offset. Creates the key if it does not exist.',
  since: '2.2.0',
  group: 'string',
  complexity: 'O(1), not counting the time taken to copy the new string in place.',
  arity: 4,
  flags: ['write', 'denyoom'],
  categories: ['string'],
  keys: oneUpdateKey,
  args: [{ name: 'key', type: 'key' }, { name: 'offset', type: 'integer' }, { name: 'value', type: 'string' }],
  run(call) {
    const offset = integerAt(call, 2);
    if (Number.isNaN(offset)) return call.reply.error(notAnIntegerLine);
    if (offset < 0) return call.reply.error('ERR offset is out of range');
    const ref = findString(call, 1);
    if (ref === wrongType) return;
    const { store } = call.node;
    if (ref !== 0) store.open(ref);
    const oldLength = ref === 0 ? 0 : store.valueLength;
    const added = call.length[3];
    if (added === 0) return call.reply.integer(oldLength);
    const newLength = Math.max(oldLength, offset + added);
    const at = changeString(call, 1, newLength, stringEncoding.raw);
    if (at < 0) return;
    if (offset > oldLength) store.entryBytes.fill(0, at + oldLength, at + offset);
    copyBytes(call.bytes, call.start[3], store.entryBytes, at + offset, added);
    finishString(call, 1, 'setrange');
    call.reply.integer(newLength);
  },
};
