import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { encode, Pipe } from '../servers/pipe.ts';
import { infoField, machine, pinClient, rssBytes, startMeridian, startOthers, stopAll, type Program } from '../servers/programs.ts';

export const title = 'memory of a server with 10,000 idle connections, each of which has sent a command, beside redis-server (and valkey-server)';
export const usage = '--connections 10000  --backends static-read,epoll,net';

const atOnce = 100;
/** For what a server does about idle connections, and for its garbage. */
const settleMs = 5_000;
const warmUp = 200;

/** `[--connections 10000] [--backends static-read,epoll,net]`. */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { connections: { type: 'string', default: '10000' }, backends: { type: 'string', default: 'static-read,epoll,net' } } });
  const count = Number(values.connections);
  console.log(machine());
  pinClient();
  const programs: Program[] = [];
  try {
    for (const backend of values.backends.split(',')) programs.push(await startMeridian({ backend }, `meridian ${backend}`));
    programs.push(...(await startOthers()));
    for (const program of programs) await measure(program, count);
  } finally {
    stopAll(programs);
  }
}

async function measure(program: Program, count: number): Promise<void> {
  const limit = await Pipe.ask(program.port, ['CONFIG', 'SET', 'maxclients', count + 1_000]);
  if (!limit.startsWith('+OK')) throw new Error(`${program.name} does not let in so many clients: ${limit.trim()}`);
  // Code that is compiled and pools that are filled by the first connections are no cost of the others.
  const first = await openAll(program.port, warmUp);
  await sleep(settleMs);
  const before = rssBytes(program);
  const sockets = await openAll(program.port, count);
  await sleep(settleMs);
  const clients = await infoField(program, 'connected_clients');
  const each = (rssBytes(program) - before) / count / 1024;
  console.log(`${program.name.padEnd(22)} ${clients} clients   ${each.toFixed(2)} KiB of RSS each`);
  for (const socket of [...first, ...sockets]) socket.destroy();
}

/** Connections that have set and read a value of a kilobyte, as those of a pool have. */
async function openAll(port: number, count: number): Promise<readonly Socket[]> {
  const sockets: Socket[] = [];
  const value = 'v'.repeat(1024);
  for (let opened = 0; opened < count; opened += atOnce) {
    const some = Array.from({ length: Math.min(atOnce, count - opened) }, () => connect(port, '127.0.0.1'));
    await Promise.all(some.map((socket) => once(socket, 'connect')));
    await Promise.all(
      some.map((socket, i) => {
        socket.write(encode(['SET', `key:${i}`, value]) + encode(['GET', `key:${i}`]));
        return once(socket, 'data');
      }),
    );
    for (const socket of some) socket.resume();
    sockets.push(...some);
  }
  return sockets;
}
