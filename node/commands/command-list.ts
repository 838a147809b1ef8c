// Generated from the command files of this folder by `npm run generate`: do not edit.
import type { CommandSpec } from './spec.ts';
import { cluster } from './cluster/cluster.ts';
import { auth } from './connection/auth.ts';
import { echo } from './connection/echo.ts';
import { hello } from './connection/hello.ts';
import { ping } from './connection/ping.ts';
import { quit } from './connection/quit.ts';
import { readonlyCommand, readwrite, asking } from './connection/readonly.ts';
import { reset } from './connection/reset.ts';
import { select } from './connection/select.ts';
import { client } from './connection/client/client.ts';
import { command } from './server/command.ts';
import { config } from './server/config.ts';
import { info } from './server/info.ts';
import { lolwut } from './server/lolwut.ts';
import { role } from './server/role.ts';
import { time } from './server/time.ts';
import { wait } from './server/wait.ts';

/** Every command, by name. */
export const allCommands: readonly CommandSpec[] = [
  asking,
  auth,
  client,
  cluster,
  command,
  config,
  echo,
  hello,
  info,
  lolwut,
  ping,
  quit,
  readonlyCommand,
  readwrite,
  reset,
  role,
  select,
  time,
  wait,
];
