/** The suites that are run, and how many of their tests redis-server 7.0.15 passes so (`--reference` counts them anew). */
export const suites: ReadonlyMap<string, number> = new Map([
  ['unit/type/string', 75],
  ['unit/type/incr', 23],
  ['unit/type/hash', 72],
  ['unit/type/list', 219],
  ['unit/type/list-2', 2],
  ['unit/type/list-3', 11],
  ['unit/type/set', 95],
  ['unit/type/zset', 307],
  ['unit/expire', 58],
  ['unit/keyspace', 42],
  ['unit/scan', 16],
  ['unit/bitops', 45],
  ['unit/bitfield', 16],
  ['unit/multi', 35],
  ['unit/pubsub', 30],
  ['unit/hyperloglog', 22],
  ['unit/geo', 59],
  ['unit/sort', 18],
  ['unit/dump', 11],
  ['unit/tracking', 51],
  ['unit/other', 9],
  ['unit/querybuf', 2],
  ['unit/slowlog', 9],
  ['unit/introspection', 27],
  ['unit/introspection-2', 43],
  ['unit/quit', 3],
  ['unit/lazyfree', 4],
  ['unit/pause', 14],
]);

/** Tests with these tags need what only a redis-server has: DEBUG, a data set of its own, replication by REPLICAOF, RDB files. */
export const deniedTags = '-needs:debug -needs:reset -needs:repl -needs:save';
