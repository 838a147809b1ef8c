import { readString, wrongType } from '../key-access.ts';
import { keysAt } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';

export const strlen: CommandSpec = {
  name: 'strlen',
  summary: 'Returns the length of a string value.',
  since: '2.2.0',
  group: 'string',
  complexity: 'O(1)',
  arity: 2,
  flags: ['readonly', 'fast'],
  categories: ['string'],
  keys: keysAt(['RO'], 0),
  args: [{ name: 'key', type: 'key' }],
  run(call) {
    const ref = readString(call, 1);
    if (ref === wrongType) return;
    if (ref !== 0) call.node.store.open(ref);
    call.reply.integer(ref === 0 ? 0 : call.node.store.valueLength);
  },
};
