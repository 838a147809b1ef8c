import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { median } from '../statistics.ts';
import { encode, sendAll } from '../servers/pipe.ts';
import { clientCore, cpuSeconds, machine, pausesOf, startMeridian, startOthers, stopAll, type Program } from '../servers/programs.ts';
import { measureStore } from './store.ts';

export const title = 'what GET and SET cost with 100,000 to 10,000,000 entries, in the store alone and as a server, and the longest pauses, beside redis-server (and valkey-server)';

export const usage = '--entries 100000,1000000,10000000  --pipeline 16  --rounds 3  --store-only  --backend static-read|epoll|net  --alone (without redis-server)  --server-only';
const valueBytes = 100;
const lifeSeconds = 86_400;
const requests = 1_000_000;
const connections = 50;

interface Cost {
  readonly get: number;
  readonly set: number;
  /** Slowest reply that redis-benchmark saw. */
  readonly slowestMs: number;
}

const value = 'v'.repeat(valueBytes);
/** As redis-benchmark names them. */
const setOf = (i: number): string => encode(['SET', `key:${i.toString().padStart(12, '0')}`, value, 'EX', lifeSeconds + (i % 3600)]);

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { entries: { type: 'string', default: '100000,1000000,10000000' }, pipeline: { type: 'string', default: '16' }, rounds: { type: 'string', default: '3' }, 'store-only': { type: 'boolean' }, backend: { type: 'string' }, alone: { type: 'boolean' }, 'server-only': { type: 'boolean' } },
  });
  const sizes = values.entries.split(',').map(Number);
  console.log(machine());
  if (!values['server-only']) measureStore(sizes);
  if (values['store-only']) return;
  console.log(`\nas a server: CPU of the server per request, pipelines of ${values.pipeline}, ${connections} connections`);
  const programs = [await startMeridian({ backend: values.backend }), ...(values.alone ? [] : await startOthers())];
  try {
    for (const program of programs) await measureServer(program, sizes, values.pipeline, Number(values.rounds));
  } finally {
    stopAll(programs);
  }
}

async function measureServer(program: Program, sizes: readonly number[], pipeline: string, rounds: number): Promise<void> {
  const costs: Cost[] = [];
  let filled = 0;
  await pausesOf(program);
  for (const entries of sizes) {
    const from = filled;
    await sendAll(program.port, entries - from, (i) => setOf(from + i), { depth: 64 });
    filled = entries;
    const filling = await pausesOf(program);
    const cost = costOf(program, entries, pipeline, rounds);
    costs.push(cost);
    const working = await pausesOf(program);
    const pauses = filling === undefined || working === undefined ? '' : `   longest pause ${filling.longestMs.toFixed(1)} ms filling, ${working.longestMs.toFixed(1)} ms then (GC ${Math.max(filling.longestGarbageCollectionMs, working.longestGarbageCollectionMs).toFixed(1)} ms), slices at most ${Math.max(filling.longestSliceCpuMs, working.longestSliceCpuMs).toFixed(1)} ms of CPU`;
    console.log(`${program.name.padEnd(14)} ${String(entries).padStart(9)}   GET ${cost.get.toFixed(3)} µs   SET ${cost.set.toFixed(3)} µs   slowest reply ${cost.slowestMs.toFixed(1)} ms${pauses}`);
  }
  const [first, last] = [costs[0], costs[costs.length - 1]];
  console.log(`${program.name.padEnd(14)} grows GET ${(last.get / first.get).toFixed(2)}×, SET ${(last.set / first.set).toFixed(2)}×`);
}

function costOf(program: Program, entries: number, pipeline: string, rounds: number): Cost {
  let slowestMs = 0;
  const one = (name: string): number => {
    const before = cpuSeconds(program);
    const values = ['-p', program.port, '-n', requests, '-P', pipeline, '-c', connections, '-r', entries, '-d', valueBytes, '-t', name, '--csv'].map(String);
    const done = spawnSync('taskset', ['-c', clientCore, 'redis-benchmark', ...values], { encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`redis-benchmark ${values.join(' ')}: ${done.stderr}`);
    const fields = done.stdout.trim().split('\n').at(-1)?.replaceAll('"', '').split(',') ?? [];
    slowestMs = Math.max(slowestMs, Number(fields.at(-1)));
    return ((cpuSeconds(program) - before) * 1e6) / requests;
  };
  const runs = Array.from({ length: rounds }, () => ({ get: one('get'), set: one('set') }));
  return { get: median(runs.map(({ get }) => get)), set: median(runs.map(({ set }) => set)), slowestMs };
}
