import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SnapshotStatus } from '../../shared/admin/contract.ts';
import { eventually, startRegion, type NodeProcess } from '../../test/node/region-of-processes.ts';
import { freePort, reachable } from '../copies/free-port.ts';
import { percentile } from '../statistics.ts';

export const title = 'hibernate and wake of one shard: time, pauses that a client sees, memory; Redis SAVE, BGSAVE and start beside it';
export const usage = '--megabytes 1000  --value 1000  --without-redis';

const valueOf = (args: readonly string[], name: string, otherwise: number): number => (args.includes(name) ? Number(args[args.indexOf(name) + 1]) : otherwise);
const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

/** `[--megabytes 1000] [--value 1000] [--without-redis]`. */
export async function run(args: readonly string[]): Promise<void> {
  const bytes = valueOf(args, '--megabytes', 1000) * 1e6;
  const valueBytes = valueOf(args, '--value', 1000);
  const keys = Math.floor(bytes / valueBytes);
  console.log(`${cpus().length} × ${cpus()[0]?.model ?? '?'}; ${keys.toLocaleString('en')} keys, ${valueBytes} B values; load ${readFileSync('/proc/loadavg', 'latin1').trim()}`);
  const folder = mkdtempSync(join(tmpdir(), 'meridian-hibernate-'));
  try {
    await meridian(folder, keys, valueBytes);
    if (!args.includes('--without-redis')) await redis(folder, keys, valueBytes);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function meridian(folder: string, keys: number, valueBytes: number): Promise<void> {
  const region = await startRegion({ shards: 1, memoryBytes: Math.ceil(keys * (valueBytes + 200) * 1.5 + 256e6) });
  const volume = join(folder, 'volume');
  mkdirSync(volume);
  const start = (podUid: string): Promise<NodeProcess> => region.start(0, 0, { podUid, env: { MERIDIAN_DATA_DIR: volume } });
  try {
    const node = await start('first');
    await serves(node);
    await fill(node.ports.redis, keys, valueBytes);
    const pid = node.child.pid as number;
    const quiet = await watch(node.ports.redis, pid, () => new Promise((resolve) => setTimeout(resolve, 2_000)));
    const slept = await watch(node.ports.redis, pid, async () => {
      await eventually(async () => (await node.admin.hibernate(true)) as SnapshotStatus, ({ phase }) => phase === 'complete');
    });
    const size = statSync(join(volume, 'shard.snapshot')).size;
    show('at rest', quiet);
    show(`hibernate: written, read back, named (${megabytes(size)})`, slept);
    await node.stop();
    const began = performance.now();
    const again = await start('second');
    const listening = performance.now() - began;
    await serves(again);
    const took = performance.now() - began;
    const { keys: found } = await again.admin.status();
    console.log(`${'wake: process start to serving'.padEnd(52)} ${seconds(took)} (listening after ${seconds(listening)}), ${found.toLocaleString('en')} keys, resident ${megabytes(resident(again.child.pid as number))}`);
    const loaded = again.records.find(({ message }) => message === 'loaded the snapshot of the shard');
    console.log(`${'      loading alone'.padEnd(52)} ${seconds(Number(loaded?.tookMs))}`);
  } finally {
    await region.close();
  }
}

const serves = (node: NodeProcess): Promise<unknown> => eventually(() => node.admin.status(), ({ role, notServing }) => role === 'primary' && notServing === undefined);

async function redis(folder: string, keys: number, valueBytes: number): Promise<void> {
  const children: ChildProcess[] = [];
  const start = async (): Promise<{ readonly port: number; readonly child: ChildProcess }> => {
    const port = await freePort();
    const child = spawn('redis-server', ['--port', String(port), '--dir', folder, '--save', '', '--appendonly', 'no', '--rdbcompression', 'no'], { stdio: 'ignore' });
    children.push(child);
    await eventually(() => reachable(port), (open) => open);
    await eventually(() => command(port, 'PING'), (reply) => reply.startsWith('+PONG'));
    return { port, child };
  };
  try {
    const first = await start();
    await fill(first.port, keys, valueBytes);
    const pid = first.child.pid as number;
    show('Redis SAVE', await watch(first.port, pid, async () => void (await command(first.port, 'SAVE'))));
    show('Redis BGSAVE', await watch(first.port, pid, async () => {
      await command(first.port, 'BGSAVE');
      await eventually(() => command(first.port, 'INFO persistence'), (reply) => reply.includes('rdb_bgsave_in_progress:0'));
    }));
    await command(first.port, 'SHUTDOWN NOSAVE').catch(() => undefined);
    const began = performance.now();
    const second = await start();
    console.log(`${'Redis: process start to serving'.padEnd(52)} ${seconds(performance.now() - began)}, resident ${megabytes(resident(second.child.pid as number))}`);
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}

interface Watched {
  readonly ms: number;
  readonly pausesMs: readonly number[];
  readonly before: number;
  readonly most: number;
}

const show = (what: string, { ms, pausesMs, before, most }: Watched): void => {
  const at = (share: number): string => percentile(pausesMs, share).toFixed(2);
  console.log(`${what.padEnd(52)} ${seconds(ms)}; GET p50 ${at(0.5)} p99 ${at(0.99)} p99.9 ${at(0.999)} max ${at(1)} ms; resident ${megabytes(before)}, at most +${megabytes(most - before)}`);
};

/** What one client that asks every millisecond, and the process' memory, see meanwhile. */
async function watch(port: number, pid: number, during: () => Promise<void>): Promise<Watched> {
  const before = resident(pid);
  let most = before;
  const pausesMs: number[] = [];
  let over = false;
  const sampling = setInterval(() => (most = Math.max(most, family(pid))), 20);
  const socket = await open(port);
  const asking = (async (): Promise<void> => {
    while (!over) {
      const sent = performance.now();
      await ask(socket, '*2\r\n$3\r\nGET\r\n$5\r\nkey:0\r\n', (text) => text.endsWith('\r\n'));
      pausesMs.push(performance.now() - sent);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  })();
  const began = performance.now();
  await during();
  const ms = performance.now() - began;
  over = true;
  await asking;
  socket.destroy();
  clearInterval(sampling);
  return { ms, pausesMs, before, most };
}

const resident = (pid: number): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) * 1024;

/** With the pages that a forked child has for itself. */
function family(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').filter((one) => one !== '');
  return resident(pid) + children.reduce((sum, child) => sum + own(Number(child)), 0);
}

function own(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
    return Number(/Private_Dirty:\s+(\d+)/.exec(text)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return socket;
}

function ask(socket: Socket, request: string | Buffer, complete: (text: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const onData = (part: Buffer): void => {
      text += part.toString('latin1');
      if (!complete(text)) return;
      socket.off('data', onData);
      resolve(text);
    };
    socket.on('data', onData).once('error', reject);
    socket.write(request);
  });
}

async function command(port: number, line: string): Promise<string> {
  const socket = await open(port);
  try {
    return await ask(socket, `${line}\r\n`, (text) => text.endsWith('\r\n'));
  } finally {
    socket.destroy();
  }
}

const perPipeline = 500;

async function fill(port: number, keys: number, valueBytes: number): Promise<void> {
  const socket = await open(port);
  const value = `$${valueBytes}\r\n${'v'.repeat(valueBytes)}\r\n`;
  for (let from = 0; from < keys; from += perPipeline) {
    const count = Math.min(perPipeline, keys - from);
    const requests = Array.from({ length: count }, (_, i) => `*3\r\n$3\r\nSET\r\n$${`key:${from + i}`.length}\r\nkey:${from + i}\r\n${value}`);
    await ask(socket, requests.join(''), (text) => text.length >= count * 5);
  }
  socket.destroy();
}
