import { wholeNumberAt } from '../arguments.ts';
import type { CommandSpec } from '../spec.ts';

export const select: CommandSpec = {
  name: 'select',
  summary: 'Changes the selected database: there is only database 0, as in every cluster.',
  since: '1.0.0',
  group: 'connection',
  complexity: 'O(1)',
  arity: 2,
  flags: ['loading', 'stale', 'fast'],
  categories: ['connection'],
  keys: [],
  args: [{ name: 'index', type: 'integer' }],
  run(call) {
    const index = wholeNumberAt(call, 1);
    if (index === undefined) call.reply.error('ERR value is not an integer or out of range');
    else if (index !== 0) call.reply.error('ERR SELECT is not allowed in cluster mode');
    else call.reply.ok();
  },
};
