import { integerAt } from '../integer-text.ts';
import { optionIs, syntaxErrorLine } from '../key-access.ts';
import { countCommon } from './algebra.ts';
import type { CommandSpec } from '../spec.ts';

export const sintercard: CommandSpec = {
  name: 'sintercard',
  summary: 'Returns the number of members of the intersect of multiple sets.',
  since: '7.0.0',
  group: 'set',
  complexity: 'O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.',
  arity: -3,
  flags: ['readonly', 'movablekeys'],
  categories: ['set'],
  keys: [{ flags: ['RO', 'access'], beginSearch: { type: 'index', index: 1 }, findKeys: { type: 'keynum', keyNumIndex: 0, firstKey: 1, step: 1 } }],
  args: [{ name: 'numkeys', type: 'integer' }, { name: 'key', type: 'key', multiple: true }, { name: 'limit', type: 'integer', token: 'LIMIT', optional: true }],
  run(call) {
    const { argc, reply } = call;
    const keys = integerAt(call, 1);
    if (Number.isNaN(keys) || keys < 1) return reply.error('ERR numkeys should be greater than 0');
    if (keys > argc - 2) return reply.error("ERR Number of keys can't be greater than number of args");
    let limit = 0;
    for (let i = 2 + keys; i < argc; i += 2) {
      if (!optionIs(call, i, 'limit') || i + 1 >= argc) return reply.error(syntaxErrorLine);
      limit = integerAt(call, i + 1);
      if (Number.isNaN(limit) || limit < 0) return reply.error("ERR LIMIT can't be negative");
    }
    const common = countCommon(call, 2, 1 + keys, limit === 0 ? Infinity : limit);
    if (common !== undefined) reply.integer(common);
  },
};
