import { spawnSync } from 'node:child_process';
import { cpuSeconds, start, type Program } from './server.ts';

const keys = 200_000;
const value = 'x'.repeat(100);
const requestsAt: Readonly<Record<number, number>> = { 1: 50_000, 16: 500_000, 100: 1_000_000 };
const requests = { get: ['get', 'app:__rand_int__'], set: ['set', 'app:__rand_int__', value] } as const;

/** CPU of the server for each request on keys of a namespace, with namespaces in force and with none: the same keys, rounds in turn. */
export async function measureCost(rounds: number, pipelines: readonly number[]): Promise<void> {
  const programs: Program[] = [];
  try {
    for (const world of ['none', 'counted', 'limited']) programs.push(await start(world));
    for (const program of programs) benchmark(program, 'set', 64, 3 * keys);
    for (const name of ['get', 'set'] as const) {
      for (const pipeline of pipelines) {
        const measured = programs.map((): number[] => []);
        for (let round = 0; round < rounds; round++) programs.forEach((program, i) => measured[i].push(perRequest(program, name, pipeline)));
        // A busy machine only adds: the least of each counts.
        const least = measured.map((all) => Math.min(...all));
        console.log(`${name} P=${pipeline}: ${programs.map((program, i) => `${program.name} ${least[i].toFixed(3)} µs${i === 0 ? '' : ` (${((least[i] / least[0] - 1) * 100).toFixed(1)} %)`}`).join(' · ')}`);
      }
    }
  } finally {
    for (const program of programs) program.process.kill('SIGKILL');
  }
}

function perRequest(program: Program, name: 'get' | 'set', pipeline: number): number {
  const count = requestsAt[pipeline] ?? 1_000_000;
  const before = cpuSeconds(program);
  benchmark(program, name, pipeline, count);
  return ((cpuSeconds(program) - before) * 1e6) / count;
}

function benchmark(program: Program, name: 'get' | 'set', pipeline: number, count: number): void {
  const values = ['-p', program.port, '-n', count, '-P', pipeline, '-c', 50, '-r', keys, '--csv', ...requests[name]].map(String);
  const done = spawnSync('taskset', ['-c', '1', 'redis-benchmark', ...values], { encoding: 'utf8', timeout: 300_000 });
  if (done.status !== 0) throw new Error(`redis-benchmark ${values.join(' ')}: ${done.stderr}${done.stdout}`);
}
