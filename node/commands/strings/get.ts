import { readString, wrongType } from '../key-access.ts';
import type { CommandSpec } from '../spec.ts';
import { oneReadKey } from '../key-specs.ts';
import { replyString } from './reply-value.ts';

export const get: CommandSpec = {
  name: 'get',
  summary: 'Returns the string value of a key.',
  since: '1.0.0',
  group: 'string',
  complexity: 'O(1)',
  arity: 2,
  flags: ['readonly', 'fast'],
  categories: ['string'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }],
  run(call) {
    const ref = readString(call, 1);
    if (ref !== wrongType) replyString(call, ref);
  },
};
