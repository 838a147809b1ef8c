import { oneReadKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { replyPositions } from './position-search.ts';

export const lpos: CommandSpec = {
  name: 'lpos',
  summary: 'Returns the positions of elements of a list that equal a value.',
  since: '6.0.6',
  group: 'list',
  complexity: 'O(N) where N is the number of elements in the list, for the average case.',
  arity: -3,
  flags: ['readonly'],
  categories: ['list'],
  keys: oneReadKey,
  args: [{ name: 'key', type: 'key' }, { name: 'element', type: 'string' }, { name: 'rank', type: 'integer', token: 'RANK', optional: true }, { name: 'num-matches', type: 'integer', token: 'COUNT', optional: true }, { name: 'len', type: 'integer', token: 'MAXLEN', optional: true }],
  run(call) {
    replyPositions(call);
  },
};
