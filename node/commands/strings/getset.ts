import { stringEncoding } from '../../engine/entry-layout.ts';
import { noExpiry } from '../../engine/store.ts';
import { keyChanged, putString, readString, wrongType } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { replyString } from './reply-value.ts';

export const getset: CommandSpec = {
  name: 'getset',
  summary: 'Returns the previous string value of a key after setting it to a new value.',
  since: '1.0.0',
  group: 'string',
  complexity: 'O(1)',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  categories: ['string'],
  keys: keysAt(['RW', 'access', 'update'], 0),
  args: [{ name: 'key', type: 'key' }, { name: 'value', type: 'string' }],
  run(call) {
    const ref = readString(call, 1);
    if (ref === wrongType) return;
    const { reply } = call;
    const begin = reply.position;
    replyString(call, ref);
    const end = reply.position;
    if (putString(call, 1, call.bytes, call.start[2], call.length[2], stringEncoding.plain, noExpiry)) return keyChanged(call, 1, '$', 'set');
    reply.buffer.copyWithin(begin, end, reply.position);
    reply.position -= end - begin;
  },
};
