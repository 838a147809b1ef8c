import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { putPairs } from './put-pairs.ts';

export const mset: CommandSpec = {
  name: 'mset',
  summary: 'Atomically creates or modifies the string values of one or more keys.',
  since: '1.0.1',
  group: 'string',
  complexity: 'O(N) where N is the number of keys to set.',
  arity: -3,
  flags: ['write', 'denyoom'],
  categories: ['string'],
  keys: keysAt(['OW', 'update'], -1, 2),
  args: [{ name: 'data', type: 'block', multiple: true, args: [{ name: 'key', type: 'key' }, { name: 'value', type: 'string' }] }],
  run(call) {
    if (call.argc % 2 === 0) return call.reply.error("ERR wrong number of arguments for 'mset' command");
    if (!putPairs(call)) return;
    call.reply.ok();
  },
};
