import { textAt, wordAt } from '../arguments.ts';
import type { CommandSpec } from '../spec.ts';

/** Redis' test suite asks for a few switches that are always on or have no counterpart here. */
const accepted: ReadonlySet<string> = new Set(['set-active-expire', 'jmap', 'quicklist-packed-threshold']);

export const debug: CommandSpec = {
  name: 'debug',
  summary: 'A container for debugging commands: nearly none is supported.',
  since: '1.0.0',
  group: 'server',
  complexity: 'O(1)',
  arity: -2,
  flags: ['admin', 'noscript', 'loading', 'stale', 'protected'],
  categories: [],
  keys: [],
  run(call) {
    if (accepted.has(wordAt(call, 1))) call.reply.ok();
    else call.reply.error(`ERR DEBUG ${textAt(call, 1).slice(0, 64).toUpperCase()} is not supported`);
  },
};
