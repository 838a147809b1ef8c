import { stringEncoding } from '../../engine/entry-layout.ts';
import { copyBytes } from '../../engine/copy-bytes.ts';
import { findString, wrongType } from '../key-access.ts';
import { oneInsertKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { changeString, finishString } from './change-string.ts';

export const append: CommandSpec = {
  name: 'append',
  summary: 'Appends a string to the value of a key. Creates the key if it does not exist.',
  since: '2.0.0',
  group: 'string',
  complexity: 'O(1)',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  categories: ['string'],
  keys: oneInsertKey,
  args: [{ name: 'key', type: 'key' }, { name: 'value', type: 'string' }],
  run(call) {
    const ref = findString(call, 1);
    if (ref === wrongType) return;
    const { store } = call.node;
    if (ref !== 0) store.open(ref);
    const oldLength = ref === 0 ? 0 : store.valueLength;
    const added = call.length[2];
    if (ref !== 0 && added === 0) return call.reply.integer(oldLength);
    const encoding = ref === 0 ? stringEncoding.plain : stringEncoding.raw;
    const at = changeString(call, 1, oldLength + added, encoding);
    if (at < 0) return;
    copyBytes(call.bytes, call.start[2], store.entryBytes, at + oldLength, added);
    finishString(call, 1, 'append');
    call.reply.integer(oldLength + added);
  },
};
