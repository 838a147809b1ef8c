import { latin1At, textAt, wordAt } from '../arguments.ts';
import type { CommandSpec } from '../spec.ts';
import { helpSubcommand, subcommand } from '../subcommand.ts';

const shape = { group: 'server', flags: ['admin', 'noscript', 'loading', 'stale'] } as const;

const configGet: CommandSpec = subcommand(
  'config|get',
  '2.0.0',
  -3,
  'Returns the values of configuration parameters.',
  (call) => {
    const patterns = Array.from({ length: call.argc - 2 }, (_, i) => latin1At(call, i + 2).toLowerCase());
    const found = call.node.server.settings.matching(patterns);
    call.reply.map(found.size);
    for (const [name, value] of found) {
      call.reply.bulkLatin1(name);
      call.reply.bulkString(value);
    }
  },
  { ...shape, complexity: 'O(N) where N is the number of parameters' },
);

const configSet: CommandSpec = subcommand(
  'config|set',
  '2.0.0',
  -4,
  'Sets configuration parameters, all or none of those given.',
  (call) => {
    if (call.argc % 2 !== 0) return call.reply.error("ERR wrong number of arguments for 'config|set' command");
    const changes = new Map<string, string>();
    for (let i = 2; i < call.argc; i += 2) {
      const name = wordAt(call, i);
      if (changes.has(name)) return call.reply.error(`ERR CONFIG SET failed (possibly related to argument '${name}') - duplicate parameter`);
      changes.set(name, textAt(call, i + 1));
    }
    const problem = call.node.server.settings.set(changes);
    if (problem === undefined) call.reply.ok();
    else call.reply.error(problem);
  },
  { ...shape, complexity: 'O(N) where N is the number of parameters' },
);

const configResetstat: CommandSpec = subcommand(
  'config|resetstat',
  '2.0.0',
  2,
  'Resets the counters that INFO shows.',
  ({ reply, node }) => {
    const { statistics, table } = node.server;
    statistics.reset();
    for (const command of table.commands.flatMap((one) => [one, ...(one.subcommands?.commands ?? [])])) Object.assign(command.counters, { calls: 0, microseconds: 0, rejected: 0, failed: 0 });
    reply.ok();
  },
  shape,
);

/** A node's configuration comes from its manifest: what CONFIG SET changed lasts until the pod restarts. */
const configRewrite: CommandSpec = subcommand('config|rewrite', '2.8.0', 2, 'Not available: the configuration comes from the manifest.', ({ reply }) => reply.error('ERR The server is running without a config file'), shape);

export const config: CommandSpec = {
  name: 'config',
  summary: 'A container for server configuration commands.',
  since: '2.0.0',
  group: 'server',
  complexity: 'Depends on subcommand.',
  arity: -2,
  flags: [],
  categories: [],
  keys: [],
  subcommands: [
    configGet,
    configSet,
    configResetstat,
    configRewrite,
    helpSubcommand('config', 'server', '5.0.0', ['GET <pattern>', '    Return parameters matching the glob-like <pattern> and their values.', 'SET <directive> <value>', '    Set the configuration <directive> to <value>.', 'RESETSTAT', '    Reset statistics reported by the INFO command.']),
  ],
};
