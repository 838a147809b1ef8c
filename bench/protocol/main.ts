import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { chooseBackend } from '../../node/io/choose-backend.ts';
import { createNodeContext } from '../../node/server/create-node-context.ts';
import { startRedisServer } from '../../node/server/start.ts';
import { Store } from '../../node/engine/store.ts';
import { keepStore } from '../../node/keep-store.ts';
import { systemPorts } from '../../shared/ports/system.ts';
import { oneNodeView } from '../../test/protocol/one-node-view.ts';

export const title = 'GET, SET and others against redis-server (and valkey-server), one core each: requests per second and CPU per request';

interface Program {
  readonly name: string;
  readonly port: number;
  readonly process: ChildProcess;
}

interface Measured {
  readonly requestsPerSecond: number;
  /** Of the server process, user and system. */
  readonly cpuMicroseconds: number;
}

const clockTicksPerSecond = 100;
const commands: Readonly<Record<string, readonly string[]>> = {
  get: ['-t', 'get'],
  set: ['-t', 'set'],
  incr: ['-t', 'incr'],
  lpush: ['-t', 'lpush'],
  lpop: ['-t', 'lpop'],
  hset: ['-t', 'hset'],
  sadd: ['-t', 'sadd'],
  zadd: ['-t', 'zadd'],
  mget10: ['mget', ...Array.from({ length: 10 }, () => 'key:__rand_int__{t}')],
};
/** redis-benchmark names keys of ten-key MGET itself: they must share a slot. */
const options = { keys: 1_000_000, valueBytes: 100, clients: 50 } as const;
const requestsAt: Readonly<Record<number, number>> = { 1: 100_000, 16: 600_000, 100: 1_500_000 };

/** `[--rounds N] [--quick] [--pipelines 1,16,100] [--commands get,set] [--backends static-read,epoll,net]`. */
export async function run(args: readonly string[]): Promise<void> {
  if (args[0] === 'serve') return serve(Number(args[1]), args[2] ?? '');
  const quick = args.includes('--quick');
  const rounds = Number(valueOf(args, '--rounds') ?? (quick ? 1 : 3));
  const pipelines = (valueOf(args, '--pipelines') ?? '1,16,100').split(',').map(Number);
  const names = (valueOf(args, '--commands') ?? 'get,set').split(',');
  const backends = (valueOf(args, '--backends') ?? 'static-read').split(',');
  if (spawnSync('redis-benchmark', ['--version']).status !== 0) throw new Error('redis-benchmark is missing: apt-get install redis-tools redis-server');
  console.log(`${cpus().length} × ${cpus()[0]?.model ?? '?'}, ${Math.round(totalmem() / 2 ** 30)} GiB; ${options.keys} keys, ${options.valueBytes} B values, ${options.clients} connections; load ${readFileSync('/proc/loadavg', 'latin1').trim()}`);
  const programs = await startAll(backends);
  try {
    for (const program of programs) fill(program, quick);
    for (const pipeline of pipelines) for (const name of names) compare(programs, name, pipeline, rounds, quick);
  } finally {
    for (const { process: child } of programs) child.kill('SIGKILL');
  }
}

const valueOf = (args: readonly string[], name: string): string | undefined => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);

async function startAll(backends: readonly string[]): Promise<readonly Program[]> {
  const programs: Program[] = [];
  const start = async (name: string, command: readonly string[], port: number): Promise<void> => {
    const child = spawn('taskset', ['-c', '0', ...command], { stdio: 'ignore' });
    await untilListening(port);
    programs.push({ name, port, process: child });
  };
  for (const backend of backends) {
    const port = await freePort();
    await start(`meridian ${backend}`, [process.execPath, join(import.meta.dirname, '../main.ts'), 'protocol', 'serve', String(port), backend], port);
  }
  for (const name of ['redis-server', 'valkey-server']) {
    if (spawnSync(name, ['--version']).status !== 0) continue;
    const port = await freePort();
    await start(name, [name, '--port', String(port), '--save', '', '--appendonly', 'no'], port);
  }
  return programs;
}

async function serve(port: number, backend: string): Promise<void> {
  const store = new Store({ seed: 1, random: systemPorts.random.unit });
  const node = createNodeContext({ ports: systemPorts, cluster: oneNodeView(port), store });
  await startRedisServer({ node, host: '127.0.0.1', port, backend: chooseBackend(backend, systemPorts.timers) });
  keepStore(store, systemPorts);
}

function benchmark(program: Program, name: string, pipeline: number, requests: number): string {
  const values = ['-p', program.port, '-n', requests, '-P', pipeline, '-c', options.clients, '-r', options.keys, '-d', options.valueBytes, '--csv', ...commands[name]].map(String);
  const done = spawnSync('taskset', ['-c', String(Math.min(1, cpus().length - 1)), 'redis-benchmark', ...values], { encoding: 'utf8', timeout: 300_000 });
  if (done.status !== 0) throw new Error(`redis-benchmark ${values.join(' ')}: ${done.stderr}${done.stdout}`);
  return done.stdout;
}

function fill(program: Program, quick: boolean): void {
  benchmark(program, 'set', 64, options.keys * (quick ? 1 : 3));
}

function measure(program: Program, name: string, pipeline: number, requests: number): Measured {
  const before = cpuTicks(program);
  const output = benchmark(program, name, pipeline, requests);
  const ticks = cpuTicks(program) - before;
  const requestsPerSecond = Number(output.trim().split('\n').at(-1)?.split(',')[1]?.replaceAll('"', ''));
  return { requestsPerSecond, cpuMicroseconds: (ticks * 1e6) / clockTicksPerSecond / requests };
}

function cpuTicks({ process: child }: Program): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'latin1').split(') ')[1].split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** Rounds alternate between the programs, so that a busy moment of the machine hits all; the median of each counts. */
function compare(programs: readonly Program[], name: string, pipeline: number, rounds: number, quick: boolean): void {
  const requests = Math.round((requestsAt[pipeline] ?? 500_000) / (quick ? 5 : 1));
  const all = programs.map((): Measured[] => []);
  for (let round = 0; round < rounds; round++) programs.forEach((program, i) => all[i].push(measure(program, name, pipeline, requests)));
  const reference = programs.findIndex((program) => program.name === 'redis-server');
  const medians = all.map((list) => ({ rps: median(list.map((one) => one.requestsPerSecond)), cpu: median(list.map((one) => one.cpuMicroseconds)) }));
  programs.forEach((program, i) => {
    const { rps, cpu } = medians[i];
    const ratios = reference < 0 ? '' : `  ${(rps / medians[reference].rps).toFixed(2)}× requests, ${(medians[reference].cpu / cpu).toFixed(2)}× per CPU second`;
    console.log(`${name.padEnd(7)} P=${String(pipeline).padEnd(4)} ${program.name.padEnd(22)} ${Math.round(rps).toLocaleString('en').padStart(10)}/s  ${cpu.toFixed(3)} µs CPU${ratios}`);
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

async function untilListening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => (socket.destroy(), resolve(true)));
      socket.on('error', () => resolve(false));
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens on ${port}`);
}
