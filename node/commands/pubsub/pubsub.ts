import { latin1At } from '../arguments.ts';
import { boundNamespaces, isVisibleName } from '../bound-namespaces.ts';
import type { Call, CommandSpec } from '../spec.ts';
import { helpSubcommand, subcommand } from '../subcommand.ts';

const shape = { group: 'pubsub', flags: ['pubsub', 'loading', 'stale'] } as const;

function names(call: Call, kind: 'channel' | 'shard'): void {
  if (call.argc > 3) return call.reply.error(`ERR wrong number of arguments for '${kind === 'shard' ? 'pubsub|shardchannels' : 'pubsub|channels'}' command`);
  const bound = boundNamespaces(call, 'read');
  const found = call.node.server.channels.names(kind, call.argc === 3 ? latin1At(call, 2) : undefined).filter((name) => isVisibleName(bound, name));
  call.reply.array(found.length);
  for (const name of found) call.reply.bulkLatin1(name);
}

function counts(call: Call, kind: 'channel' | 'shard'): void {
  const { reply, node } = call;
  const bound = boundNamespaces(call, 'read');
  reply.map(call.argc - 2);
  for (let i = 2; i < call.argc; i++) {
    const name = latin1At(call, i);
    reply.bulkLatin1(name);
    reply.integer(isVisibleName(bound, name) ? node.server.channels.listeners(kind, name) : 0);
  }
}

/** Who is bound to namespaces does not learn how many patterns others listen to. */
function patternCount(call: Call): void {
  call.reply.integer(boundNamespaces(call, 'read') === undefined ? call.node.server.channels.patternCount() : 0);
}

export const pubsub: CommandSpec = {
  name: 'pubsub',
  summary: 'A container for pub/sub commands.',
  since: '2.8.0',
  group: 'pubsub',
  complexity: 'Depends on subcommand.',
  arity: -2,
  flags: [],
  categories: [],
  keys: [],
  subcommands: [
    subcommand('pubsub|channels', '2.8.0', -2, 'Returns the active channels.', (call) => names(call, 'channel'), { ...shape, complexity: 'O(N) where N is the number of active channels' }),
    subcommand('pubsub|numsub', '2.8.0', -2, 'Returns a count of subscribers to channels.', (call) => counts(call, 'channel'), { ...shape, complexity: 'O(N) for the NUMSUB subcommand, where N is the number of requested channels' }),
    subcommand('pubsub|numpat', '2.8.0', 2, 'Returns a count of unique pattern subscriptions.', patternCount, shape),
    subcommand('pubsub|shardchannels', '7.0.0', -2, 'Returns the active shard channels.', (call) => names(call, 'shard'), { ...shape, complexity: 'O(N) where N is the number of active shard channels' }),
    subcommand('pubsub|shardnumsub', '7.0.0', -2, 'Returns the count of subscribers of shard channels.', (call) => counts(call, 'shard'), { ...shape, complexity: 'O(N) where N is the number of requested shard channels' }),
    helpSubcommand('pubsub', 'pubsub', '6.2.0', ['CHANNELS [<pattern>]', '    Return the currently active channels matching a <pattern> (default: \'*\').', 'NUMPAT', '    Return number of subscriptions to patterns.', 'NUMSUB [<channel> ...]', '    Return the number of subscribers for the specified channels.', 'SHARDCHANNELS [<pattern>]', '    Return the currently active shard level channels matching a <pattern>.', 'SHARDNUMSUB [<shardchannel> ...]', '    Return the number of subscribers for the specified shard level channel(s)']),
  ],
};
