import type { CommandFlag, CommandSpec } from '../spec.ts';

/** Commands of Redis whose work other parts do here: tools that try them get a plain word instead of `unknown command`. */
function without(name: string, since: string, arity: number, why: string, flags: readonly CommandFlag[] = ['admin', 'noscript', 'no_async_loading', 'no_multi']): CommandSpec {
  return { name, summary: `Not available: ${why}.`, since, group: 'server', complexity: 'O(1)', arity, flags, categories: [], keys: [], run: ({ reply }) => reply.error(`ERR ${name.toUpperCase()} is not available: ${why}`) };
}

const noSnapshots = 'the Redis protocol writes no snapshots';
const byOperator = 'roles are decided by the shard\'s Lease; use meridian switchover';

export const save: CommandSpec = without('save', '1.0.0', 1, noSnapshots);
export const bgsave: CommandSpec = without('bgsave', '1.0.0', -1, noSnapshots, ['admin', 'noscript', 'no_async_loading']);
export const bgrewriteaof: CommandSpec = without('bgrewriteaof', '1.0.0', 1, noSnapshots, ['admin', 'noscript', 'no_async_loading']);
export const lastsave: CommandSpec = { ...without('lastsave', '1.0.0', 1, noSnapshots, ['loading', 'stale', 'fast']), categories: ['admin', 'dangerous'] };
export const shutdown: CommandSpec = without('shutdown', '1.0.0', -1, 'pods are stopped by Kubernetes', ['admin', 'noscript', 'loading', 'stale', 'no_multi', 'allow_busy']);
export const replicaof: CommandSpec = without('replicaof', '5.0.0', 3, byOperator, ['admin', 'noscript', 'stale', 'no_async_loading']);
export const slaveof: CommandSpec = without('slaveof', '1.0.0', 3, byOperator, ['admin', 'noscript', 'stale', 'no_async_loading']);
export const failover: CommandSpec = without('failover', '6.2.0', -1, byOperator, ['admin', 'noscript', 'stale']);
export const migrate: CommandSpec = {
  ...without('migrate', '2.6.0', -6, 'slots are moved by the operator', ['write', 'movablekeys']),
  group: 'generic',
  categories: ['keyspace', 'dangerous'],
  keys: [
    { flags: ['RW', 'access', 'delete'], beginSearch: { type: 'index', index: 3 }, findKeys: { type: 'range', lastKey: 0, step: 1, limit: 0 } },
    { flags: ['RW', 'access', 'delete', 'incomplete'], beginSearch: { type: 'keyword', keyword: 'KEYS', startFrom: -2 }, findKeys: { type: 'range', lastKey: -1, step: 1, limit: 0 } },
  ],
};
