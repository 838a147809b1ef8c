import { wholeNumberAt } from '../arguments.ts';
import type { Call, CommandSpec } from '../spec.ts';
import { helpSubcommand, subcommand } from '../subcommand.ts';

const shape = { flags: ['admin', 'loading', 'stale'] } as const;

function get(call: Call): void {
  const { reply } = call;
  if (call.argc > 3) return reply.error("ERR wrong number of arguments for 'slowlog|get' command");
  const count = call.argc === 3 ? wholeNumberAt(call, 2) : 10;
  if (count === undefined || count < -1) return reply.error('ERR count should be greater than or equal to -1');
  const { entries } = call.node.server.slowlog;
  const chosen = count === -1 ? entries : entries.slice(0, count);
  reply.array(chosen.length);
  for (const entry of chosen) {
    reply.array(6);
    reply.integer(entry.id);
    reply.integer(entry.atSeconds);
    reply.integer(entry.microseconds);
    reply.array(entry.words.length);
    for (const word of entry.words) reply.bulkLatin1(word);
    reply.bulkString(entry.address);
    reply.bulkString(entry.name);
  }
}

export const slowlog: CommandSpec = {
  name: 'slowlog',
  summary: 'A container for slow log commands.',
  since: '2.2.12',
  group: 'server',
  complexity: 'Depends on subcommand.',
  arity: -2,
  flags: [],
  categories: [],
  keys: [],
  subcommands: [
    subcommand('slowlog|get', '2.2.12', -2, "Returns the slow log's entries.", get, { ...shape, complexity: 'O(N) where N is the number of entries returned' }),
    subcommand('slowlog|len', '2.2.12', 2, 'Returns the number of entries in the slow log.', ({ reply, node }) => reply.integer(node.server.slowlog.entries.length), shape),
    subcommand('slowlog|reset', '2.2.12', 2, 'Clears all entries from the slow log.', ({ reply, node }) => {
      node.server.slowlog.clear();
      reply.ok();
    }, shape),
    helpSubcommand('slowlog', 'server', '6.2.0', ['GET [<count>]', '    Return top <count> entries from the slowlog (default: 10, -1 mean all).', '    Entries are made of:', '    id, timestamp, time in microseconds, arguments array, client IP and port,', '    client name', 'LEN', '    Return the length of the slowlog.', 'RESET', '    Reset the slowlog.']),
  ],
};
