import { findKey } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { putPairs } from './put-pairs.ts';

export const msetnx: CommandSpec = {
  name: 'msetnx',
  summary: 'Atomically modifies the string values of one or more keys only when all keys do not exist.',
  since: '1.0.1',
  group: 'string',
  complexity: 'O(N) where N is the number of keys to set.',
  arity: -3,
  flags: ['write', 'denyoom'],
  categories: ['string'],
  keys: keysAt(['OW', 'insert'], -1, 2),
  args: [{ name: 'data', type: 'block', multiple: true, args: [{ name: 'key', type: 'key' }, { name: 'value', type: 'string' }] }],
  run(call) {
    if (call.argc % 2 === 0) return call.reply.error("ERR wrong number of arguments for 'msetnx' command");
    for (let i = 1; i < call.argc; i += 2) if (findKey(call, i) !== 0) return call.reply.integer(0);
    if (!putPairs(call)) return;
    call.reply.integer(1);
  },
};
