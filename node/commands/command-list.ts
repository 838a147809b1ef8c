// Generated from the command files of this folder by `npm run generate`: do not edit.
import type { CommandSpec } from './spec.ts';
import { bitcount } from './bitmaps/bitcount.ts';
import { bitfield, bitfieldRo } from './bitmaps/bitfield.ts';
import { bitop } from './bitmaps/bitop.ts';
import { bitpos } from './bitmaps/bitpos.ts';
import { getbit } from './bitmaps/getbit.ts';
import { setbit } from './bitmaps/setbit.ts';
import { cluster } from './cluster/cluster.ts';
import { acl } from './connection/acl.ts';
import { auth } from './connection/auth.ts';
import { client } from './connection/client/client.ts';
import { echo } from './connection/echo.ts';
import { hello } from './connection/hello.ts';
import { ping } from './connection/ping.ts';
import { quit } from './connection/quit.ts';
import { readonlyCommand, readwrite, asking } from './connection/readonly.ts';
import { reset } from './connection/reset.ts';
import { select } from './connection/select.ts';
import { geoadd } from './geo/geoadd.ts';
import { geodist } from './geo/geodist.ts';
import { geohash } from './geo/geohash.ts';
import { geopos } from './geo/geopos.ts';
import { georadiusRo } from './geo/georadius-ro.ts';
import { georadius } from './geo/georadius.ts';
import { georadiusbymemberRo } from './geo/georadiusbymember-ro.ts';
import { georadiusbymember } from './geo/georadiusbymember.ts';
import { geosearch } from './geo/geosearch.ts';
import { geosearchstore } from './geo/geosearchstore.ts';
import { hdel } from './hashes/hdel.ts';
import { hexists } from './hashes/hexists.ts';
import { hget } from './hashes/hget.ts';
import { hgetall } from './hashes/hgetall.ts';
import { hincrby } from './hashes/hincrby.ts';
import { hincrbyfloat } from './hashes/hincrbyfloat.ts';
import { hkeys } from './hashes/hkeys.ts';
import { hlen } from './hashes/hlen.ts';
import { hmget } from './hashes/hmget.ts';
import { hmset } from './hashes/hmset.ts';
import { hrandfield } from './hashes/hrandfield.ts';
import { hscan } from './hashes/hscan.ts';
import { hset } from './hashes/hset.ts';
import { hsetnx } from './hashes/hsetnx.ts';
import { hstrlen } from './hashes/hstrlen.ts';
import { hvals } from './hashes/hvals.ts';
import { pfadd } from './hyperloglog/pfadd.ts';
import { pfcount } from './hyperloglog/pfcount.ts';
import { pfdebug } from './hyperloglog/pfdebug.ts';
import { pfmerge } from './hyperloglog/pfmerge.ts';
import { pfselftest } from './hyperloglog/pfselftest.ts';
import { copy } from './keys/copy.ts';
import { dbsize } from './keys/dbsize.ts';
import { del } from './keys/del.ts';
import { exists } from './keys/exists.ts';
import { expire } from './keys/expire.ts';
import { expireat } from './keys/expireat.ts';
import { expiretime } from './keys/expiretime.ts';
import { flushall, flushdb } from './keys/flush.ts';
import { keys } from './keys/keys.ts';
import { move, swapdb } from './keys/other-databases.ts';
import { persist } from './keys/persist.ts';
import { pexpire } from './keys/pexpire.ts';
import { pexpireat } from './keys/pexpireat.ts';
import { pexpiretime } from './keys/pexpiretime.ts';
import { pttl } from './keys/pttl.ts';
import { randomkey } from './keys/randomkey.ts';
import { rename } from './keys/rename.ts';
import { renamenx } from './keys/renamenx.ts';
import { scan } from './keys/scan.ts';
import { touch } from './keys/touch.ts';
import { ttl } from './keys/ttl.ts';
import { type } from './keys/type.ts';
import { unlink } from './keys/unlink.ts';
import { blmove } from './lists/blmove.ts';
import { blmpop } from './lists/blmpop.ts';
import { blpop } from './lists/blpop.ts';
import { brpop } from './lists/brpop.ts';
import { brpoplpush } from './lists/brpoplpush.ts';
import { lindex } from './lists/lindex.ts';
import { linsert } from './lists/linsert.ts';
import { llen } from './lists/llen.ts';
import { lmove } from './lists/lmove.ts';
import { lmpop } from './lists/lmpop.ts';
import { lpop } from './lists/lpop.ts';
import { lpos } from './lists/lpos.ts';
import { lpush } from './lists/lpush.ts';
import { lpushx } from './lists/lpushx.ts';
import { lrange } from './lists/lrange.ts';
import { lrem } from './lists/lrem.ts';
import { lset } from './lists/lset.ts';
import { ltrim } from './lists/ltrim.ts';
import { rpop } from './lists/rpop.ts';
import { rpoplpush } from './lists/rpoplpush.ts';
import { rpush } from './lists/rpush.ts';
import { rpushx } from './lists/rpushx.ts';
import { object } from './object/object.ts';
import { publish, spublish } from './pubsub/publish.ts';
import { pubsub } from './pubsub/pubsub.ts';
import { subscribe, unsubscribe, psubscribe, punsubscribe, ssubscribe, sunsubscribe } from './pubsub/subscribe.ts';
import { evalCommand, evalsha, evalRo, evalshaRo, fcall, fcallRo, functionCommand, script } from './scripting/eval.ts';
import { dump } from './serialization/dump.ts';
import { restore } from './serialization/restore.ts';
import { command } from './server/command.ts';
import { config } from './server/config.ts';
import { debug } from './server/debug.ts';
import { info } from './server/info.ts';
import { latency } from './server/latency.ts';
import { lolwut } from './server/lolwut.ts';
import { memory } from './server/memory.ts';
import { monitor } from './server/monitor.ts';
import { role } from './server/role.ts';
import { slowlog } from './server/slowlog.ts';
import { time } from './server/time.ts';
import { wait } from './server/wait.ts';
import { save, bgsave, bgrewriteaof, lastsave, shutdown, replicaof, slaveof, failover, migrate } from './server/without-counterpart.ts';
import { meridianAccess } from './service/access.ts';
import { meridianFetch } from './service/fetch.ts';
import { meridianRead, meridianReadfill } from './service/read.ts';
import { meridianWrite } from './service/write.ts';
import { sadd } from './sets/sadd.ts';
import { scard } from './sets/scard.ts';
import { sdiff } from './sets/sdiff.ts';
import { sdiffstore } from './sets/sdiffstore.ts';
import { sinter } from './sets/sinter.ts';
import { sintercard } from './sets/sintercard.ts';
import { sinterstore } from './sets/sinterstore.ts';
import { sismember } from './sets/sismember.ts';
import { smembers } from './sets/smembers.ts';
import { smismember } from './sets/smismember.ts';
import { smove } from './sets/smove.ts';
import { spop } from './sets/spop.ts';
import { srandmember } from './sets/srandmember.ts';
import { srem } from './sets/srem.ts';
import { sscan } from './sets/sscan.ts';
import { sunion } from './sets/sunion.ts';
import { sunionstore } from './sets/sunionstore.ts';
import { sort, sortRo } from './sort/sort.ts';
import { append } from './strings/append.ts';
import { decr } from './strings/decr.ts';
import { decrby } from './strings/decrby.ts';
import { get } from './strings/get.ts';
import { getdel } from './strings/getdel.ts';
import { getex } from './strings/getex.ts';
import { getrange, substr } from './strings/getrange.ts';
import { getset } from './strings/getset.ts';
import { incr } from './strings/incr.ts';
import { incrby } from './strings/incrby.ts';
import { incrbyfloat } from './strings/incrbyfloat.ts';
import { lcs } from './strings/lcs.ts';
import { mget } from './strings/mget.ts';
import { mset } from './strings/mset.ts';
import { msetnx } from './strings/msetnx.ts';
import { psetex } from './strings/psetex.ts';
import { set } from './strings/set.ts';
import { setex } from './strings/setex.ts';
import { setnx } from './strings/setnx.ts';
import { setrange } from './strings/setrange.ts';
import { strlen } from './strings/strlen.ts';
import { discard } from './transactions/discard.ts';
import { exec } from './transactions/exec.ts';
import { multi } from './transactions/multi.ts';
import { watch, unwatch } from './transactions/watch.ts';
import { bzmpop } from './zsets/bzmpop.ts';
import { bzpopmax } from './zsets/bzpopmax.ts';
import { bzpopmin } from './zsets/bzpopmin.ts';
import { zadd } from './zsets/zadd.ts';
import { zcard } from './zsets/zcard.ts';
import { zcount } from './zsets/zcount.ts';
import { zdiff } from './zsets/zdiff.ts';
import { zdiffstore } from './zsets/zdiffstore.ts';
import { zincrby } from './zsets/zincrby.ts';
import { zinter } from './zsets/zinter.ts';
import { zintercard } from './zsets/zintercard.ts';
import { zinterstore } from './zsets/zinterstore.ts';
import { zlexcount } from './zsets/zlexcount.ts';
import { zmpop } from './zsets/zmpop.ts';
import { zmscore } from './zsets/zmscore.ts';
import { zpopmax } from './zsets/zpopmax.ts';
import { zpopmin } from './zsets/zpopmin.ts';
import { zrandmember } from './zsets/zrandmember.ts';
import { zrange } from './zsets/zrange.ts';
import { zrangebylex } from './zsets/zrangebylex.ts';
import { zrangebyscore } from './zsets/zrangebyscore.ts';
import { zrangestore } from './zsets/zrangestore.ts';
import { zrank } from './zsets/zrank.ts';
import { zrem } from './zsets/zrem.ts';
import { zremrangebylex } from './zsets/zremrangebylex.ts';
import { zremrangebyrank } from './zsets/zremrangebyrank.ts';
import { zremrangebyscore } from './zsets/zremrangebyscore.ts';
import { zrevrange } from './zsets/zrevrange.ts';
import { zrevrangebylex } from './zsets/zrevrangebylex.ts';
import { zrevrangebyscore } from './zsets/zrevrangebyscore.ts';
import { zrevrank } from './zsets/zrevrank.ts';
import { zscan } from './zsets/zscan.ts';
import { zscore } from './zsets/zscore.ts';
import { zunion } from './zsets/zunion.ts';
import { zunionstore } from './zsets/zunionstore.ts';

/** Every top-level command. */
export const allCommands: readonly CommandSpec[] = [
  bitcount,
  bitfield,
  bitfieldRo,
  bitop,
  bitpos,
  getbit,
  setbit,
  cluster,
  acl,
  auth,
  client,
  echo,
  hello,
  ping,
  quit,
  readonlyCommand,
  readwrite,
  asking,
  reset,
  select,
  geoadd,
  geodist,
  geohash,
  geopos,
  georadiusRo,
  georadius,
  georadiusbymemberRo,
  georadiusbymember,
  geosearch,
  geosearchstore,
  hdel,
  hexists,
  hget,
  hgetall,
  hincrby,
  hincrbyfloat,
  hkeys,
  hlen,
  hmget,
  hmset,
  hrandfield,
  hscan,
  hset,
  hsetnx,
  hstrlen,
  hvals,
  pfadd,
  pfcount,
  pfdebug,
  pfmerge,
  pfselftest,
  copy,
  dbsize,
  del,
  exists,
  expire,
  expireat,
  expiretime,
  flushall,
  flushdb,
  keys,
  move,
  swapdb,
  persist,
  pexpire,
  pexpireat,
  pexpiretime,
  pttl,
  randomkey,
  rename,
  renamenx,
  scan,
  touch,
  ttl,
  type,
  unlink,
  blmove,
  blmpop,
  blpop,
  brpop,
  brpoplpush,
  lindex,
  linsert,
  llen,
  lmove,
  lmpop,
  lpop,
  lpos,
  lpush,
  lpushx,
  lrange,
  lrem,
  lset,
  ltrim,
  rpop,
  rpoplpush,
  rpush,
  rpushx,
  object,
  publish,
  spublish,
  pubsub,
  subscribe,
  unsubscribe,
  psubscribe,
  punsubscribe,
  ssubscribe,
  sunsubscribe,
  evalCommand,
  evalsha,
  evalRo,
  evalshaRo,
  fcall,
  fcallRo,
  functionCommand,
  script,
  dump,
  restore,
  command,
  config,
  debug,
  info,
  latency,
  lolwut,
  memory,
  monitor,
  role,
  slowlog,
  time,
  wait,
  save,
  bgsave,
  bgrewriteaof,
  lastsave,
  shutdown,
  replicaof,
  slaveof,
  failover,
  migrate,
  meridianAccess,
  meridianFetch,
  meridianRead,
  meridianReadfill,
  meridianWrite,
  sadd,
  scard,
  sdiff,
  sdiffstore,
  sinter,
  sintercard,
  sinterstore,
  sismember,
  smembers,
  smismember,
  smove,
  spop,
  srandmember,
  srem,
  sscan,
  sunion,
  sunionstore,
  sort,
  sortRo,
  append,
  decr,
  decrby,
  get,
  getdel,
  getex,
  getrange,
  substr,
  getset,
  incr,
  incrby,
  incrbyfloat,
  lcs,
  mget,
  mset,
  msetnx,
  psetex,
  set,
  setex,
  setnx,
  setrange,
  strlen,
  discard,
  exec,
  multi,
  watch,
  unwatch,
  bzmpop,
  bzpopmax,
  bzpopmin,
  zadd,
  zcard,
  zcount,
  zdiff,
  zdiffstore,
  zincrby,
  zinter,
  zintercard,
  zinterstore,
  zlexcount,
  zmpop,
  zmscore,
  zpopmax,
  zpopmin,
  zrandmember,
  zrange,
  zrangebylex,
  zrangebyscore,
  zrangestore,
  zrank,
  zrem,
  zremrangebylex,
  zremrangebyrank,
  zremrangebyscore,
  zrevrange,
  zrevrangebylex,
  zrevrangebyscore,
  zrevrank,
  zscan,
  zscore,
  zunion,
  zunionstore,
].toSorted((a, b) => (a.name < b.name ? -1 : 1));
