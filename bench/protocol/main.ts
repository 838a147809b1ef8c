import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { childrenCpuSeconds, clientCore, cpuSeconds, machine, startMeridian, startNull, startOthers, stopAll, type Program } from '../servers/programs.ts';
import { median } from '../statistics.ts';
import { latenciesAt } from './paced.ts';
import { measureSteps } from './steps.ts';

export const title = 'GET, SET and others against redis-server (and valkey-server), one core each: requests per second, CPU per request, latency at half load';

export const usage = '--pipelines 1,16,100  --commands get,set,incr,lpush,lpop,hset,sadd,zadd,mget10  --backends static-read,epoll,net  --rounds 3  --share 1 (of the requests)  --latency-seconds 5 (0: none)  --null (also a server that only answers: what the load generator can do)  --steps (without sockets)';
const commands: Readonly<Record<string, readonly string[]>> = {
  get: ['-t', 'get'],
  set: ['-t', 'set'],
  incr: ['-t', 'incr'],
  lpush: ['-t', 'lpush'],
  lpop: ['-t', 'lpop'],
  hset: ['-t', 'hset'],
  sadd: ['-t', 'sadd'],
  zadd: ['-t', 'zadd'],
  // The keys of one MGET must share a slot.
  mget10: ['mget', ...Array.from({ length: 10 }, () => 'key:__rand_int__{t}')],
};
const pipelinedOnly: ReadonlySet<string> = new Set(Object.keys(commands).filter((name) => name !== 'get' && name !== 'set'));
const options = { keys: 1_000_000, valueBytes: 100, clients: 50 } as const;
const requestsAt: Readonly<Record<number, number>> = { 1: 100_000, 16: 600_000, 100: 1_500_000 };

interface Measured {
  readonly perSecond: number;
  /** Of the server process, user and system. */
  readonly cpuMicroseconds: number;
  /** Share of its core that the server used, and that of redis-benchmark. */
  readonly busy: number;
  readonly loadBusy: number;
}

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { pipelines: { type: 'string', default: '1,16,100' }, commands: { type: 'string', default: Object.keys(commands).join(',') }, backends: { type: 'string', default: 'static-read' }, rounds: { type: 'string', default: '3' }, share: { type: 'string', default: '1' }, 'latency-seconds': { type: 'string', default: '5' }, null: { type: 'boolean' }, steps: { type: 'boolean' } },
  });
  if (values.steps) return measureSteps(values.commands.split(','), 16, options.keys, options.valueBytes, Number(values.rounds) * 10);
  if (spawnSync('redis-benchmark', ['--version']).status !== 0) throw new Error('redis-benchmark is missing: apt-get install redis-tools redis-server');
  const [rounds, share] = [Number(values.rounds), Number(values.share)];
  console.log(`${machine()}; ${options.keys} keys, ${options.valueBytes} B values, ${options.clients} connections`);
  const programs: Program[] = [];
  try {
    for (const backend of values.backends.split(',')) programs.push(await startMeridian({ backend }, `meridian ${backend}`));
    programs.push(...(await startOthers()));
    if (values.null) programs.push(await startNull(options.valueBytes));
    for (const program of programs) benchmark(program, 'set', 64, Math.round(options.keys * 2 * share));
    let fullRate = 0;
    for (const pipeline of values.pipelines.split(',').map(Number)) {
      for (const name of values.commands.split(',')) {
        if (pipeline !== 16 && pipelinedOnly.has(name)) continue;
        const slowest = compare(programs, name, pipeline, rounds, Math.round((requestsAt[pipeline] ?? 500_000) * share));
        if (pipeline === 1 && name === 'get') fullRate = slowest;
      }
    }
    if (fullRate > 0 && Number(values['latency-seconds']) > 0) await compareLatencies(programs, Math.round(fullRate / 2), Number(values['latency-seconds']));
  } finally {
    stopAll(programs);
  }
}

function benchmark(program: Program, name: string, pipeline: number, requests: number): string {
  const values = ['-p', program.port, '-n', requests, '-P', pipeline, '-c', options.clients, '-r', options.keys, '-d', options.valueBytes, '--csv', ...commands[name]].map(String);
  const done = spawnSync('taskset', ['-c', clientCore, 'redis-benchmark', ...values], { encoding: 'utf8', timeout: 300_000 });
  if (done.status !== 0) throw new Error(`redis-benchmark ${values.join(' ')}: ${done.stderr}${done.stdout}`);
  return done.stdout;
}

function measure(program: Program, name: string, pipeline: number, requests: number): Measured {
  const before = cpuSeconds(program);
  const loadBefore = childrenCpuSeconds();
  const output = benchmark(program, name, pipeline, requests);
  const perSecond = Number(output.trim().split('\n').at(-1)?.split(',')[1]?.replaceAll('"', ''));
  const cpu = cpuSeconds(program) - before;
  const seconds = requests / perSecond;
  return { perSecond, cpuMicroseconds: (cpu * 1e6) / requests, busy: cpu / seconds, loadBusy: (childrenCpuSeconds() - loadBefore) / seconds };
}

/** Rounds alternate between the programs, so that a busy moment of the machine hits all; the median of each counts. Returns the requests a second of the slowest. */
function compare(programs: readonly Program[], name: string, pipeline: number, rounds: number, requests: number): number {
  const all = programs.map((): Measured[] => []);
  for (let round = 0; round < rounds; round++) programs.forEach((program, i) => all[i].push(measure(program, name, pipeline, requests)));
  const medianOf = (list: readonly Measured[], figure: keyof Measured): number => median(list.map((one) => one[figure]));
  const medians = all.map((list) => ({ perSecond: medianOf(list, 'perSecond'), cpu: medianOf(list, 'cpuMicroseconds'), busy: medianOf(list, 'busy'), loadBusy: medianOf(list, 'loadBusy') }));
  const reference = medians[programs.findIndex((program) => program.name === 'redis-server')];
  programs.forEach((program, i) => {
    const { perSecond, cpu, busy, loadBusy } = medians[i];
    const ratios = reference === undefined ? '' : `  ${(perSecond / reference.perSecond).toFixed(2)}× requests, ${(reference.cpu / cpu).toFixed(2)}× per CPU second`;
    console.log(`${name.padEnd(7)} P=${String(pipeline).padEnd(4)} ${program.name.padEnd(22)} ${Math.round(perSecond).toLocaleString('en').padStart(10)}/s  ${cpu.toFixed(3)} µs CPU${ratios}  (busy ${Math.round(busy * 100)} %, load ${Math.round(loadBusy * 100)} %)`);
  });
  return Math.min(...medians.map(({ perSecond }) => perSecond));
}

async function compareLatencies(programs: readonly Program[], perSecond: number, seconds: number): Promise<void> {
  for (const program of programs) {
    const { p50Ms, p99Ms, p999Ms } = await latenciesAt(program.port, { perSecond, seconds, connections: options.clients, keys: options.keys, valueBytes: options.valueBytes });
    console.log(`half load, ${perSecond}/s, nine GET to one SET, P=1  ${program.name.padEnd(22)} p50 ${p50Ms.toFixed(3)}  p99 ${p99Ms.toFixed(3)}  p99.9 ${p999Ms.toFixed(3)} ms`);
  }
}
