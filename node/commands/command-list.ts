// Generated from the command files of this folder by `npm run generate`: do not edit.
import type { CommandSpec } from './spec.ts';
import { cluster } from './cluster/cluster.ts';
import { auth } from './connection/auth.ts';
import { client } from './connection/client/client.ts';
import { echo } from './connection/echo.ts';
import { hello } from './connection/hello.ts';
import { ping } from './connection/ping.ts';
import { quit } from './connection/quit.ts';
import { readonlyCommand, readwrite, asking } from './connection/readonly.ts';
import { reset } from './connection/reset.ts';
import { select } from './connection/select.ts';
import { command } from './server/command.ts';
import { config } from './server/config.ts';
import { info } from './server/info.ts';
import { lolwut } from './server/lolwut.ts';
import { role } from './server/role.ts';
import { time } from './server/time.ts';
import { wait } from './server/wait.ts';
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
import { mget } from './strings/mget.ts';
import { mset } from './strings/mset.ts';
import { msetnx } from './strings/msetnx.ts';
import { psetex } from './strings/psetex.ts';
import { set } from './strings/set.ts';
import { setex } from './strings/setex.ts';
import { setnx } from './strings/setnx.ts';
import { setrange } from './strings/setrange.ts';
import { strlen } from './strings/strlen.ts';

/** Every top-level command. */
export const allCommands: readonly CommandSpec[] = [
  cluster,
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
  command,
  config,
  info,
  lolwut,
  role,
  time,
  wait,
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
  mget,
  mset,
  msetnx,
  psetex,
  set,
  setex,
  setnx,
  setrange,
  strlen,
].toSorted((a, b) => (a.name < b.name ? -1 : 1));
