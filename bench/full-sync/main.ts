import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { freemem, getPriority, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
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
const pageBytes = 4096;
/** Of the writer before the others: what it measures is the primary, not how long it waits for the copy's turn on its core. */
const ahead = 5;
const mib = 1024 * 1024;

const keyOf = (n: number): string => `key:${n.toString().padStart(keyBytes - 4, '0')}`;
const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Side {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  /** Starts the process of the copy; how it begins to be one, where it does not by itself. */
  copy(): Promise<{ readonly pid: number; begin?(): void; inSync(): Promise<boolean> }>;
  /** Of what the primary has beside its own pages. */
  extraMb(): Promise<number> | number;
  /** What the store says of its entries, on the primary and on the copy. */
  more?(): Promise<string>;
}

export async function run(args: readonly string[]): Promise<void> {
  const megabytes = Number(args[0] ?? 1024);
  const writesPerSecond = Number(args[1] ?? 20_000);
  const keys = Math.floor((megabytes * mib) / (valueBytes + keyBytes));
  console.log(`${megabytes} MB in ${keys.toLocaleString('en')} entries, ${writesPerSecond.toLocaleString('en')} writes a second over ${connections} connections; the primary has core 0, its copy and the writer, which goes first, share core 1; ${Math.round(freemem() / mib)} MB free, load ${readFileSync('/proc/loadavg', 'latin1').trim()}`);
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
      extraMb: () => 0,
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
  const folder = mkdtempSync(join(tmpdir(), 'meridian-redis-'));
  const start = async (...more: readonly string[]): Promise<{ readonly port: number; readonly pid: number }> => {
    const port = await freePort();
    const child = spawn('redis-server', ['--port', String(port), '--save', '', '--appendonly', 'no', '--repl-diskless-sync', 'yes', '--repl-diskless-sync-delay', '0', '--repl-diskless-load', 'on-empty-db', ...more], { stdio: 'ignore', cwd: folder });
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
        const copy = await start();
        return {
          pid: copy.pid,
          begin: () => void ask(copy.port, `REPLICAOF 127.0.0.1 ${primary.port}`),
          inSync: async () => (await ask(primary.port, 'INFO replication')).includes('state=online'),
        };
      },
      // Pages that its fork and it had each for themselves, as Redis itself has counted.
      async extraMb() {
        const info = await ask(primary.port, 'INFO persistence');
        return Math.max(...['current_cow_size', 'rdb_last_cow_size'].map((field) => Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(info)?.[1] ?? 0))) / mib;
      },
    }, keys, writesPerSecond);
  } finally {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(side: Side, keys: number, writesPerSecond: number): Promise<void> {
  pin(side.pid, 0);
  await fill(side.port, keys);
  async function write(seconds: number, goOn?: () => boolean): Promise<Written> {
    const priority = getPriority();
    setPriority(Math.max(-20, priority - ahead));
    const written = await writePipelines({ ports: [side.port], connections, pipeline, seconds, keys, valueBytes, wait: false, writesPerSecond, goOn, keyOf: () => keyOf(Math.floor(Math.random() * keys)) });
    setPriority(priority);
    return written;
  }
  await write(1);
  const steady = await write(steadySeconds);
  await sleep(settleMs);
  const state = { synced: false, mostMb: 0, tookMs: 0 };
  const { pid, begin, inSync } = await side.copy();
  pin(pid, 1);
  const beforeMb = rssMb(side.pid);
  const beganMs = performance.now();
  const writing = write(mostSyncSeconds, () => !state.synced);
  begin?.();
  while (!state.synced && performance.now() - beganMs < mostSyncSeconds * 1000) {
    await sleep(sampleMs);
    state.mostMb = Math.max(state.mostMb, rssMb(side.pid));
    state.synced = await inSync();
  }
  state.mostMb += await side.extraMb();
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

/** Memory of one process; cheap to ask, unlike what it shares with a child. */
const rssMb = (pid: number): number => (Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * pageBytes) / mib;

/** One command; its answer is short. */
async function ask(port: number, command: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').end(`${command}\r\nQUIT\r\n`);
  return text(socket);
}

const pin = (pid: number, core: number): unknown => spawnSync('taskset', ['-a', '-cp', String(core), String(pid)]);
