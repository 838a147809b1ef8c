import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, startRegion, type ProcessRegion } from '../../test/node/region-of-processes.ts';
import { median, percentile } from '../statistics.ts';
import { freePort, reachable } from './free-port.ts';
import { sampleLag } from './lag.ts';
import { writePipelines } from './pipelined-writer.ts';

export const title = 'SET with one in-sync copy against none, and Redis with WAIT 1 beside them: writes per second, CPU per write, latency, how far the copy lags behind under a steady load';
export const usage = '--pipelines 1,16,100  --rounds 3  --seconds 3  --connections 50  --sides none,one,redis,wait';

const keys = 50_000;
const valueBytes = 100;
const clockTicksPerSecond = 100;
const lagWritesPerSecond = 10_000;
const lagSeconds = 5;

/** Programs of one side; the first takes the writes and has core 0 to itself, the rest share core 1 with the writer. */
interface Side {
  readonly name: string;
  readonly port: number;
  readonly pids: readonly number[];
  /** Of the copy. */
  readonly copy?: number;
  readonly wait: boolean;
}

const valueOf = (args: readonly string[], name: string): string | undefined => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);

/** `[--pipelines 1,16,100] [--rounds 3] [--seconds 3] [--connections 50] [--sides none,one,redis,wait]`. */
export async function run(args: readonly string[]): Promise<void> {
  const pipelines = (valueOf(args, '--pipelines') ?? '1,16,100').split(',').map(Number);
  const rounds = Number(valueOf(args, '--rounds') ?? 3);
  const seconds = Number(valueOf(args, '--seconds') ?? 3);
  const connections = Number(valueOf(args, '--connections') ?? 50);
  const wanted = (valueOf(args, '--sides') ?? 'none,one,redis,wait').split(',');
  console.log(`${cpus().length} × ${cpus()[0]?.model ?? '?'}; ${keys} keys, ${valueBytes} B values, ${connections} connections; the writer shares core 1 with the copies; load ${readFileSync('/proc/loadavg', 'latin1').trim()}`);
  const regions: ProcessRegion[] = [];
  const children: ChildProcess[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'meridian-redis-'));
  try {
    const sides: Side[] = [];
    for (const [name, replicas] of [['none', 0], ['one', 1]] as const) {
      if (!wanted.includes(name)) continue;
      const region = await startRegion({ shards: 1, replicas });
      regions.push(region);
      const nodes = await Promise.all(Array.from({ length: replicas + 1 }, (_, ordinal) => region.start(0, ordinal)));
      const roles = await Promise.all(nodes.map((node) => eventually(() => node.admin.status(), (status) => status.role !== 'waiting' && status.isr.length === replicas + 1)));
      const sorted = nodes.toSorted((a, b) => Number(roles[nodes.indexOf(b)].role === 'primary') - Number(roles[nodes.indexOf(a)].role === 'primary'));
      sides.push({ name: replicas === 0 ? 'meridian, no copy' : 'meridian, one copy in sync', port: sorted[0].ports.redis, copy: sorted[1]?.ports.redis, pids: sorted.map((node) => node.child.pid as number), wait: false });
    }
    if (wanted.includes('redis') || wanted.includes('wait')) sides.push(...(await startRedis(children, folder)).filter(({ wait }) => wanted.includes(wait ? 'wait' : 'redis')));
    for (const { pids } of sides) pids.forEach((pid, i) => spawnSync('taskset', ['-a', '-cp', i === 0 ? '0' : '1', String(pid)]));
    spawnSync('taskset', ['-a', '-cp', '1', String(process.pid)]);
    for (const pipeline of pipelines) await compare(sides, { pipeline, rounds, seconds, connections });
    for (const side of sides) await reportLag(side, connections);
  } finally {
    for (const child of children) child.kill('SIGKILL');
    for (const region of regions) await region.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startRedis(children: ChildProcess[], folder: string): Promise<readonly Side[]> {
  const start = async (more: readonly string[]): Promise<{ readonly port: number; readonly pid: number }> => {
    const port = await freePort();
    const child = spawn('redis-server', ['--port', String(port), '--save', '', '--appendonly', 'no', '--repl-diskless-sync-delay', '0', ...more], { stdio: 'ignore', cwd: folder });
    children.push(child);
    await eventually(() => reachable(port), (open) => open);
    return { port, pid: child.pid as number };
  };
  const alone = await start([]);
  const primary = await start([]);
  const replica = await start(['--replicaof', '127.0.0.1', String(primary.port)].map(String));
  await eventually(() => spawnSync('redis-cli', ['-p', String(replica.port), 'role'], { encoding: 'utf8' }).stdout, (text) => text.includes('connected'));
  return [
    { name: 'redis, no copy', port: alone.port, pids: [alone.pid], wait: false },
    { name: 'redis, WAIT 1 per pipeline', port: primary.port, copy: replica.port, pids: [primary.pid, replica.pid], wait: true },
  ];
}

async function compare(sides: readonly Side[], { pipeline, rounds, seconds, connections }: { readonly pipeline: number; readonly rounds: number; readonly seconds: number; readonly connections: number }): Promise<void> {
  const all = sides.map((): { rate: number; cpu: number[]; p50: number; p99: number }[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, side] of sides.entries()) {
      const before = side.pids.map(cpuTicks);
      const { writes, seconds: took, latenciesMs } = await writePipelines({ ports: [side.port], connections, pipeline, seconds, keys, valueBytes, wait: side.wait });
      all[i].push({ rate: writes / took, cpu: side.pids.map((pid, k) => ((cpuTicks(pid) - before[k]) * 1e6) / clockTicksPerSecond / writes), p50: percentile(latenciesMs, 0.5), p99: percentile(latenciesMs, 0.99) });
    }
  }
  sides.forEach((side, i) => {
    const rate = median(all[i].map((one) => one.rate));
    const alone = median(all[i - (i % 2)]?.map((one) => one.rate) ?? []);
    const cpu = side.pids.map((_, k) => median(all[i].map((one) => one.cpu[k])).toFixed(2)).join(' + ');
    console.log(`P=${String(pipeline).padEnd(3)} ${side.name.padEnd(27)} ${Math.round(rate).toLocaleString('en').padStart(9)}/s  ${(rate / alone).toFixed(2)}×  CPU µs ${cpu.padEnd(12)} p50 ${median(all[i].map((one) => one.p50)).toFixed(2)} ms  p99 ${median(all[i].map((one) => one.p99)).toFixed(2)} ms`);
  });
}

async function reportLag(side: Side, connections: number): Promise<void> {
  if (side.copy === undefined) return;
  const load = writePipelines({ ports: [side.port], connections, pipeline: 1, seconds: lagSeconds, keys, valueBytes, wait: false, writesPerSecond: lagWritesPerSecond });
  const samples = await sampleLag(side.port, side.copy, side.wait, lagSeconds);
  const { writes, seconds } = await load;
  console.log(`lag beside ${Math.round(writes / seconds).toLocaleString('en')} writes/s, ${side.name}: from a write's reply until a reader of the copy finds it p50 ${median(samples).toFixed(2)} ms, p99 ${percentile(samples, 0.99).toFixed(2)} ms, most ${Math.max(...samples).toFixed(2)} ms (${samples.length} samples)`);
}

function cpuTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
