import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { Pipe } from './pipe.ts';
import type { NullServing } from './null.ts';
import type { Pauses, Serving } from './serve.ts';

/** A server under measurement, in a process of its own on core 0. */
export interface Program {
  readonly name: string;
  readonly port: number;
  readonly process: ChildProcess;
}

const clockTicksPerSecond = 100;
const startAttempts = 200;

/** The core for clients. */
export const clientCore = String(Math.min(1, cpus().length - 1));

export const machine = (): string => `${cpus().length} × ${cpus()[0]?.model ?? '?'}, ${Math.round(totalmem() / 2 ** 30)} GiB; load ${readFileSync('/proc/loadavg', 'latin1').trim()}`;

/** The client must not wander over to the core of the servers. */
export function pinClient(): void {
  spawnSync('taskset', ['-a', '-cp', clientCore, String(process.pid)]);
}

/** As nodes are started (docs/node.md). */
const node = [process.execPath, '--disable-warning=ExperimentalWarning', '--max-semi-space-size=1', '--v8-pool-size=1'];

export async function startMeridian(given: Omit<Serving, 'port'> = {}, name = 'meridian'): Promise<Program> {
  const port = await freePort();
  return startProgram(name, [...node, join(import.meta.dirname, 'serve.ts'), JSON.stringify({ ...given, port })], port);
}

/** A server that does nothing but answer (null.ts). */
export async function startNull(valueBytes: number): Promise<Program> {
  const port = await freePort();
  return startProgram('null', [...node, join(import.meta.dirname, 'null.ts'), JSON.stringify({ port, valueBytes } satisfies NullServing)], port);
}

/** redis-server and valkey-server, those of them that are installed. */
export async function startOthers(args: readonly string[] = []): Promise<readonly Program[]> {
  const programs: Program[] = [];
  for (const name of ['redis-server', 'valkey-server']) {
    if (spawnSync(name, ['--version']).status !== 0) continue;
    const port = await freePort();
    programs.push(await startProgram(name, [name, '--port', String(port), '--save', '', '--appendonly', 'no', ...args], port));
  }
  if (programs.length === 0) console.log('neither redis-server nor valkey-server is installed: there is nothing to compare with (apt-get install redis-server)');
  return programs;
}

async function startProgram(name: string, command: readonly string[], port: number): Promise<Program> {
  const child = spawn('taskset', ['-c', '0', ...command], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], env: { ...process.env, MALLOC_ARENA_MAX: '1' } });
  await untilListening(port);
  return { name, port, process: child };
}

export function stopAll(programs: readonly Program[]): void {
  for (const { process: child } of programs) child.kill('SIGKILL');
}

/** User and system, of the process. */
export function cpuSeconds({ process: child }: Program): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'latin1').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / clockTicksPerSecond;
}

/** Of all processes that this one started and that have ended. */
export function childrenCpuSeconds(): number {
  const fields = readFileSync('/proc/self/stat', 'latin1').split(') ')[1].split(' ');
  return (Number(fields[13]) + Number(fields[14])) / clockTicksPerSecond;
}

export function rssBytes({ process: child }: Program): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'latin1'))?.[1]) * 1024;
}

/** A field of INFO. */
export async function infoField({ port }: Program, field: string): Promise<number> {
  const text = await Pipe.ask(port, ['INFO', 'everything']);
  return Number(new RegExp(`^${field}:(.*)$`, 'm').exec(text)?.[1]);
}

/** Since the last question; undefined for a program that is not ours. */
export async function pausesOf(program: Program): Promise<Pauses | undefined> {
  if (!program.name.startsWith('meridian')) return undefined;
  const answer = once(program.process, 'message');
  program.process.send('pauses');
  return ((await answer) as [Pauses])[0];
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function untilListening(port: number): Promise<void> {
  for (let attempt = 0; attempt < startAttempts; attempt++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => (socket.destroy(), resolve(true)));
      socket.on('error', () => resolve(false));
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens on ${port}`);
}
