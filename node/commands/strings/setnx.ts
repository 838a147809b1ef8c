import { stringEncoding } from '../../engine/entry-layout.ts';
import { noExpiry } from '../../engine/store.ts';
import { findKey, keyChanged, putString } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

export const setnx: CommandSpec = {
  name: 'setnx',
  summary: 'Set the string value of a key only when the key does not exist.',
  since: '1.0.0',
  group: 'string',
  complexity: 'O(1)',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  categories: ['string'],
  keys: keysAt(['OW', 'insert'], 0),
  args: [{ name: 'key', type: 'key' }, { name: 'value', type: 'string' }],
  run(call) {
    if (findKey(call, 1) !== 0) return call.reply.integer(0);
    if (!putString(call, 1, call.bytes, call.start[2], call.length[2], stringEncoding.plain, noExpiry)) return;
    keyChanged(call, 1, '$', 'set');
    call.reply.integer(1);
  },
};
