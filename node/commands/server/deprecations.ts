/** Since when a command is deprecated in Redis, and what to use instead. All of them go on working. */
export const deprecations: Readonly<Record<string, { readonly since: string; readonly replacedBy: string }>> = {
  brpoplpush: { since: '6.2.0', replacedBy: '`BLMOVE` with the `RIGHT` and `LEFT` arguments' },
  'cluster|slots': { since: '7.0.0', replacedBy: '`CLUSTER SHARDS`' },
  georadius: { since: '6.2.0', replacedBy: '`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument' },
  georadius_ro: { since: '6.2.0', replacedBy: '`GEOSEARCH` with the `BYRADIUS` argument' },
  georadiusbymember: { since: '6.2.0', replacedBy: '`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments' },
  georadiusbymember_ro: { since: '6.2.0', replacedBy: '`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments' },
  getset: { since: '6.2.0', replacedBy: '`SET` with the `!GET` argument' },
  hmset: { since: '4.0.0', replacedBy: '`HSET` with multiple field-value pairs' },
  rpoplpush: { since: '6.2.0', replacedBy: '`LMOVE` with the `RIGHT` and `LEFT` arguments' },
  slaveof: { since: '5.0.0', replacedBy: '`REPLICAOF`' },
  substr: { since: '2.0.0', replacedBy: '`GETRANGE`' },
  zrangebylex: { since: '6.2.0', replacedBy: '`ZRANGE` with the `BYLEX` argument' },
  zrangebyscore: { since: '6.2.0', replacedBy: '`ZRANGE` with the `BYSCORE` argument' },
  zrevrange: { since: '6.2.0', replacedBy: '`ZRANGE` with the `REV` argument' },
  zrevrangebylex: { since: '6.2.0', replacedBy: '`ZRANGE` with the `REV` and `BYLEX` arguments' },
  zrevrangebyscore: { since: '6.2.0', replacedBy: '`ZRANGE` with the `REV` and `BYSCORE` arguments' },
};

/** For developers of the server alone. */
export const systemCommands: ReadonlySet<string> = new Set(['debug', 'pfdebug', 'pfselftest']);
