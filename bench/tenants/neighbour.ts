import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { start } from './server.ts';
import { fill, load, percentile, roundTrips } from './wire.ts';

const keys = 10_000;
const seconds = 10;
const warmUpSeconds = 2;
const quota = 5_000;
const overload = 10;

/** How exactly a quota holds at ten times its rate, and what its neighbour feels of that. */
export async function measureNeighbour(): Promise<void> {
  const server = await start('noisy');
  try {
    for (const name of ['noisy', 'calm']) await fill(server.port, keys, (i) => ['SET', `${name}:${i}`, 'x'.repeat(100)], 1);
    const alone = await roundTrips(server.port, (i) => `calm:${i % keys}`, new Promise((resolve) => setTimeout(resolve, seconds * 1000)));
    const atQuota = await beside(server.port, quota);
    const over = await beside(server.port, quota * overload);
    const admitted = over.admitted / seconds;
    console.log(`quota ${quota}/s, asked ${quota * overload}/s: ${admitted.toFixed(1)}/s let in over ${seconds} s (${((admitted / quota - 1) * 100).toFixed(2)} %)`);
    for (const [name, times] of [['alone', alone], ['neighbour at its quota', atQuota.times], [`neighbour at ${overload} × its quota`, over.times]] as const) {
      console.log(`calm GET ${name}: p50 ${percentile(times, 0.5).toFixed(3)} ms, p99 ${percentile(times, 0.99).toFixed(3)} ms (${times.length} requests)`);
    }
  } finally {
    server.process.kill('SIGKILL');
  }
}

async function beside(port: number, perSecond: number): Promise<{ readonly admitted: number; readonly times: readonly number[] }> {
  const child = fork(join(import.meta.dirname, '../main.ts'), ['tenants', 'load', String(port), String(perSecond), String(warmUpSeconds), String(seconds)]);
  const done = once(child, 'message') as Promise<[{ readonly admitted: number }]>;
  const times = await roundTrips(port, (i) => `calm:${i % keys}`, done);
  return { admitted: (await done)[0].admitted, times };
}

/** In a process of its own: loads, and tells what was let in after the warm-up. */
export async function loadBeside(port: number, perSecond: number, warmUp: number, measured: number): Promise<void> {
  await load(port, (i) => `noisy:${i}`, keys, perSecond, warmUp);
  const counts = await load(port, (i) => `noisy:${i}`, keys, perSecond, measured);
  process.send?.(counts);
  process.disconnect?.();
}
