import { keyChanged, readString, removeKey, wrongType } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { replyString } from './reply-value.ts';

export const getdel: CommandSpec = {
  name: 'getdel',
  summary: 'Returns the string value of a key after deleting the key.',
  since: '6.2.0',
  group: 'string',
  complexity: 'O(1)',
  arity: 2,
  flags: ['write', 'fast'],
  categories: ['string'],
  keys: keysAt(['RW', 'access', 'delete'], 0),
  args: [{ name: 'key', type: 'key' }],
  run(call) {
    const ref = readString(call, 1);
    if (ref === wrongType) return;
    replyString(call, ref);
    if (ref === 0) return;
    removeKey(call, 1);
    keyChanged(call, 1, 'g', 'del');
  },
};
