/** The suites that are run, and how many of their tests redis-server 7.0.15 passes so (`--reference` counts them anew). */
export const suites: ReadonlyMap<string, number> = new Map([
  ['unit/type/string', 0],
  ['unit/type/incr', 0],
  ['unit/type/hash', 0],
  ['unit/type/list', 0],
  ['unit/type/list-2', 0],
  ['unit/type/list-3', 0],
  ['unit/type/set', 0],
  ['unit/type/zset', 0],
  ['unit/expire', 0],
  ['unit/keyspace', 0],
  ['unit/scan', 0],
  ['unit/bitops', 0],
  ['unit/bitfield', 0],
  ['unit/multi', 0],
  ['unit/pubsub', 0],
  ['unit/hyperloglog', 0],
  ['unit/geo', 0],
  ['unit/sort', 0],
  ['unit/dump', 0],
  ['unit/tracking', 0],
  ['unit/other', 0],
  ['unit/querybuf', 0],
  ['unit/slowlog', 0],
  ['unit/introspection', 0],
  ['unit/introspection-2', 0],
  ['unit/quit', 0],
  ['unit/lazyfree', 0],
  ['unit/pause', 0],
]);

/** Tests with these tags need what only a redis-server has: DEBUG, a data set of its own, replication by REPLICAOF, RDB files. */
export const deniedTags = '-needs:debug -needs:reset -needs:repl -needs:save';
