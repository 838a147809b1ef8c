import { integerAt } from '../integer-text.ts';
import { notAnIntegerLine } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { spanOfIndices } from './rank-span.ts';
import { removeSpan } from './remove-span.ts';

export const zremrangebyrank: CommandSpec = {
  name: 'zremrangebyrank',
  summary: 'Removes members of a sorted set by position.',
  since: '2.0.0',
  group: 'sorted-set',
  complexity: 'O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the operation.',
  arity: 4,
  flags: ['write'],
  categories: ['sortedset'],
  keys: keysAt(['RW', 'delete'], 0),
  args: [{ name: 'key', type: 'key' }, { name: 'start', type: 'integer' }, { name: 'stop', type: 'integer' }],
  run(call) {
    const start = integerAt(call, 2);
    const stop = integerAt(call, 3);
    if (Number.isNaN(start) || Number.isNaN(stop)) return call.reply.error(notAnIntegerLine);
    removeSpan(call, (zsets) => spanOfIndices(zsets.size, start, stop), 'zremrangebyrank');
  },
};
