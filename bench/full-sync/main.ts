import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { freemem } from 'node:os';
import { eventually, startRegion } from '../../test/node/region-of-processes.ts';
import { writePipelines, type Written } from '../copies/pipelined-writer.ts';
import { freePort, reachable } from '../copies/free-port.ts';
import { percentile } from '../statistics.ts';

export const title = 'A copy is made of a full primary beside a steady load of writes: [MB] [WRITES A SECOND]; extra memory of the primary, latency of the writes, and Redis (diskless) beside it';

const valueBytes = 1024;
const keyBytes = 16;
const loadPipeline = 200;
const connections = 20;
const pipeline = 5;
const steadySeconds = 6;
const mostSyncSeconds = 120;
const sampleMs = 100;
const settleMs = 1_500;
const mib = 1024 * 1024;

const keyOf = (n: number): string => `key:${n.toString().padStart(keyBytes - 4, '0')}`;
const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Side {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  /** Starts the copy. */
  copy(): Promise<{ readonly pid: number; inSync(): Promise<boolean> }>;
  /** What the store says of its entries, on the primary and on the copy. */
  more?(): Promise<string>;
}

export async function run(args: readonly string[]): Promise<void> {
  const megabytes = Number(args[0] ?? 1024);
  const writesPerSecond = Number(args[1] ?? 20_000);
  const keys = Math.floor((megabytes * mib) / (valueBytes + keyBytes));
  console.log(`${megabytes} MB in ${keys.toLocaleString('en')} entries, ${writesPerSecond.toLocaleString('en')} writes a second over ${connections} connections; the primary has core 0, its copy and the writer share core 1; ${Math.round(freemem() / mib)} MB free, load ${readFileSync('/proc/loadavg', 'latin1').trim()}`);
  pin(process.pid, 1);
  await measureMeridian(megabytes, keys, writesPerSecond);
  await measureRedis(keys, writesPerSecond);
}

async function measureMeridian(megabytes: number, keys: number, writesPerSecond: number): Promise<void> {
  const region = await startRegion({ shards: 1, replicas: 1, memoryBytes: 2 * megabytes * mib });
  try {
    const primary = await region.start(0, 0);
    await eventually(() => primary.admin.status(), ({ role, notServing }) => role === 'primary' && notServing === undefined);
    const side: Side = {
      name: 'Meridian',
      port: primary.ports.redis,
      pid: primary.child.pid as number,
      async copy() {
        const copy = await region.start(0, 1);
        return { pid: copy.child.pid as number, inSync: async () => (await primary.admin.status()).isr.length === 2 };
      },
      async more() {
        const { keys: count, memoryUsedBytes } = await primary.admin.status();
        return `${(memoryUsedBytes / count - valueBytes - keyBytes).toFixed(1)} B an entry over key and value`;
      },
    };
    await measure(side, keys, writesPerSecond);
  } finally {
    await region.close();
  }
}

async function measureRedis(keys: number, writesPerSecond: number): Promise<void> {
  const children: ChildProcess[] = [];
  const start = async (...more: readonly string[]): Promise<{ readonly port: number; readonly pid: number }> => {
    const port = await freePort();
    const child = spawn('redis-server', ['--port', String(port), '--save', '', '--appendonly', 'no', '--repl-diskless-sync', 'yes', '--repl-diskless-sync-delay', '0', '--repl-diskless-load', 'on-empty-db', ...more], { stdio: 'ignore' });
    children.push(child);
    await eventually(() => reachable(port), (open) => open);
    return { port, pid: child.pid as number };
  };
  try {
    const primary = await start();
    await measure({
      name: 'Redis',
      ...primary,
      async copy() {
        const copy = await start('--replicaof', '127.0.0.1', String(primary.port));
        return { pid: copy.pid, inSync: async () => spawnSync('redis-cli', ['-p', String(primary.port), 'info', 'replication'], { encoding: 'utf8' }).stdout.includes('state=online') };
      },
    }, keys, writesPerSecond);
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}

async function measure(side: Side, keys: number, writesPerSecond: number): Promise<void> {
  pin(side.pid, 0);
  await fill(side.port, keys);
  const write = (seconds: number, goOn?: () => boolean): Promise<Written> => writePipelines({ ports: [side.port], connections, pipeline, seconds, keys, valueBytes, wait: false, writesPerSecond, goOn, keyOf: () => keyOf(Math.floor(Math.random() * keys)) });
  await write(1);
  const steady = await write(steadySeconds);
  await sleep(settleMs);
  const beforeMb = familyMb(side.pid);
  const state = { synced: false, mostMb: beforeMb, tookMs: 0 };
  const beganMs = performance.now();
  const writing = write(mostSyncSeconds, () => !state.synced);
  const { pid, inSync } = await side.copy();
  pin(pid, 1);
  while (!state.synced && performance.now() - beganMs < mostSyncSeconds * 1000) {
    await sleep(sampleMs);
    state.mostMb = Math.max(state.mostMb, familyMb(side.pid));
    state.synced = await inSync();
  }
  state.tookMs = performance.now() - beganMs;
  const meanwhile = await writing;
  const [before, during] = [steady, meanwhile].map(({ latenciesMs }) => [percentile(latenciesMs, 0.5), percentile(latenciesMs, 0.99)]);
  const rates = [steady, meanwhile].map(({ writes, seconds }) => Math.round(writes / seconds).toLocaleString('en'));
  console.log(`${side.name.padEnd(9)} copy in sync after ${(state.tookMs / 1000).toFixed(1)} s${state.synced ? '' : ' (NOT)'}; primary +${(state.mostMb - beforeMb).toFixed(0)} MB over ${beforeMb.toFixed(0)}; writes ${rates.join(' → ')}/s, p50 ${before[0].toFixed(2)} → ${during[0].toFixed(2)} ms, p99 ${before[1].toFixed(2)} → ${during[1].toFixed(2)} ms (${(during[1] / before[1]).toFixed(2)}×)${side.more === undefined ? '' : `; ${await side.more()}`}`);
}

/** Every key once, in large pipelines. */
async function fill(port: number, keys: number): Promise<void> {
  const value = bulk('v'.repeat(valueBytes));
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  for (let n = 0; n < keys; n += loadPipeline) {
    const count = Math.min(loadPipeline, keys - n);
    const request = Array.from({ length: count }, (_, i) => `*3\r\n$3\r\nSET\r\n${bulk(keyOf(n + i))}${value}`).join('');
    await new Promise<void>((resolve) => {
      let left = count * '+OK\r\n'.length;
      const take = (data: Buffer): void => {
        left -= data.length;
        if (left > 0) return;
        socket.off('data', take);
        resolve();
      };
      socket.on('data', take);
      socket.write(request);
    });
  }
  socket.destroy();
}

/** Memory of a process and its children (Redis forks), shared pages counted once. */
function familyMb(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').filter((one) => one !== '');
  return [String(pid), ...children].reduce((sum, one) => sum + pssMb(one), 0);
}

function pssMb(pid: string): number {
  try {
    return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1] ?? 0) / 1024;
  } catch {
    // It ended meanwhile.
    return 0;
  }
}

const pin = (pid: number, core: number): unknown => spawnSync('taskset', ['-a', '-cp', String(core), String(pid)]);
