import { readKey } from '../key-access.ts';
import { allReadKeys } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { replyStringOrNil } from './reply-value.ts';

export const mget: CommandSpec = {
  name: 'mget',
  summary: 'Atomically returns the string values of one or more keys.',
  since: '1.0.0',
  group: 'string',
  complexity: 'O(N) where N is the number of keys to retrieve.',
  arity: -2,
  flags: ['readonly', 'fast'],
  categories: ['string'],
  keys: allReadKeys,
  args: [{ name: 'key', type: 'key', multiple: true }],
  run(call) {
    call.reply.array(call.argc - 1);
    for (let i = 1; i < call.argc; i++) replyStringOrNil(call, readKey(call, i));
  },
};
