import { oneInsertKey } from '../key-specs.ts';
import type { CommandSpec } from '../spec.ts';
import { pushElements } from './push-elements.ts';

export const rpush: CommandSpec = {
  name: 'rpush',
  summary: 'Puts elements behind a list. Creates the key if need be.',
  since: '1.0.0',
  group: 'list',
  complexity: 'O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.',
  arity: -3,
  flags: ['write', 'denyoom', 'fast'],
  categories: ['list'],
  keys: oneInsertKey,
  args: [{ name: 'key', type: 'key' }, { name: 'element', type: 'string', multiple: true }],
  run(call) {
    pushElements(call, 'right', false);
  },
};
