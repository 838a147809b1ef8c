/**
 * What COMMAND says about how a command may be sent to a cluster and what to make of its answers: by tip, the commands that have it. A request policy tells a client where
 * to send it (`all_shards`, `multi_shard`: split by key), a response policy how to put the answers together. Facts of Redis 7.0, which `test/commands/command-info.test.ts` asks.
 */
const commandsByTip: Readonly<Record<string, readonly string[]>> = {
  nondeterministic_output: ['client|info', 'client|list', 'cluster|count-failure-reports', 'cluster|getkeysinslot', 'cluster|info', 'cluster|links', 'cluster|nodes', 'cluster|replicas', 'cluster|shards', 'cluster|slots', 'dump', 'function|stats', 'hrandfield', 'hscan', 'info', 'lastsave', 'latency|doctor', 'latency|histogram', 'latency|history', 'latency|latest', 'memory|doctor', 'memory|malloc-stats', 'memory|stats', 'migrate', 'object|encoding', 'object|freq', 'object|idletime', 'object|refcount', 'pttl', 'randomkey', 'scan', 'slowlog|get', 'slowlog|len', 'spop', 'srandmember', 'sscan', 'time', 'ttl', 'zrandmember', 'zscan'],
  nondeterministic_output_order: ['command', 'command|docs', 'command|info', 'command|list', 'function|list', 'hgetall', 'hkeys', 'hvals', 'keys', 'sdiff', 'sinter', 'smembers', 'sunion'],
  'request_policy:all_nodes': ['config|set', 'latency|doctor', 'latency|histogram', 'latency|history', 'latency|latest', 'latency|reset', 'script|flush', 'script|load', 'slowlog|get', 'slowlog|len', 'slowlog|reset'],
  'request_policy:all_shards': ['dbsize', 'flushall', 'flushdb', 'function|delete', 'function|flush', 'function|kill', 'function|load', 'function|restore', 'function|stats', 'info', 'keys', 'memory|doctor', 'memory|malloc-stats', 'memory|purge', 'memory|stats', 'ping', 'randomkey', 'script|exists', 'script|kill', 'wait'],
  'request_policy:multi_shard': ['del', 'exists', 'mget', 'mset', 'msetnx', 'touch', 'unlink'],
  'request_policy:special': ['scan'],
  'response_policy:agg_logical_and': ['script|exists'],
  'response_policy:agg_min': ['msetnx', 'wait'],
  'response_policy:agg_sum': ['dbsize', 'del', 'exists', 'slowlog|len', 'touch', 'unlink'],
  'response_policy:all_succeeded': ['config|set', 'flushall', 'flushdb', 'function|delete', 'function|flush', 'function|load', 'function|restore', 'latency|reset', 'memory|purge', 'mset', 'ping', 'script|flush', 'script|load', 'slowlog|reset'],
  'response_policy:one_succeeded': ['function|kill', 'script|kill'],
  'response_policy:special': ['function|stats', 'info', 'latency|doctor', 'latency|histogram', 'latency|history', 'latency|latest', 'memory|doctor', 'memory|malloc-stats', 'memory|stats'],
};

const tipsByCommand = new Map<string, readonly string[]>();
for (const [tip, names] of Object.entries(commandsByTip)) for (const name of names) tipsByCommand.set(name, [...(tipsByCommand.get(name) ?? []), tip]);

const none: readonly string[] = [];

export const tipsOf = (name: string): readonly string[] => tipsByCommand.get(name) ?? none;
