import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { encode, Pipe, sendAll } from '../servers/pipe.ts';
import { infoField, machine, pausesOf, pinClient, rssBytes, startMeridian, startOthers, stopAll, type Program } from '../servers/programs.ts';

export const title = 'a million keys that expire within one second: longest pause and round trip, and when their memory is back, beside redis-server (and valkey-server)';
export const usage = '--keys 1000000  --backend NAME  --alone (without redis-server)';

const valueBytes = 100;
/** From the beginning of the fill; the keys are due within the second after it. */
const dueAfterMs = 20_000;
const giveUpMs = 30_000;
const stepMs = 20;
const mib = 1024 * 1024;
/** Of what the keys took; the rest is what a server keeps for the next ones. */
const backShare = 0.95;

/** `[--keys 1000000] [--backend NAME] [--alone]` (without redis-server). */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { keys: { type: 'string', default: '1000000' }, backend: { type: 'string' }, alone: { type: 'boolean' } } });
  console.log(`${machine()}; ${values.keys} keys of 16 + ${valueBytes} B`);
  pinClient();
  const programs = [await startMeridian({ backend: values.backend }), ...(values.alone ? [] : await startOthers())];
  try {
    for (const program of programs) await measure(program, Number(values.keys));
  } finally {
    stopAll(programs);
  }
}

async function measure(program: Program, keys: number): Promise<void> {
  const { port } = program;
  const value = 'v'.repeat(valueBytes);
  const emptyUsed = await infoField(program, 'used_memory');
  const emptyRss = rssBytes(program);
  const dueMs = Date.now() + dueAfterMs;
  await sendAll(port, keys, (i) => encode(['SET', `key:${i.toString().padStart(12, '0')}`, value, 'PXAT', dueMs + (i % 1000)]));
  if (Date.now() >= dueMs) throw new Error('filling took longer than the keys live: use fewer keys');
  const full = (await infoField(program, 'used_memory')) - emptyUsed;
  const fullRss = rssBytes(program);
  await sleep(dueMs - Date.now() - 100);
  await pausesOf(program);
  const trips = roundTrips(port, dueMs + 5_000);
  const lastDueMs = dueMs + 1000;
  let usedBackMs = 0;
  while (usedBackMs === 0 && Date.now() < lastDueMs + giveUpMs) {
    await sleep(stepMs);
    if ((await infoField(program, 'used_memory')) - emptyUsed < full * (1 - backShare)) usedBackMs = Date.now();
  }
  const times = await trips;
  const pauses = await pausesOf(program);
  const rss = rssBytes(program);
  console.log(
    `${program.name.padEnd(14)} ${(full / mib).toFixed(0)} MiB back ${usedBackMs === 0 ? `not within ${giveUpMs / 1000} s` : `${((usedBackMs - lastDueMs) / 1000).toFixed(2)} s after the last was due`}   RSS ${(emptyRss / mib).toFixed(0)} → ${(fullRss / mib).toFixed(0)} → ${(rss / mib).toFixed(0)} MiB` +
      `   round trip p99.9 ${times[Math.floor(times.length * 0.999)].toFixed(2)}, longest ${times[times.length - 1].toFixed(2)} ms${pauses === undefined ? '' : `   longest pause ${pauses.longestMs.toFixed(2)} ms, p99.9 ${pauses.p999Ms.toFixed(2)} ms (GC ${pauses.longestGarbageCollectionMs.toFixed(2)} ms), longest slice ${pauses.longestSliceCpuMs.toFixed(2)} ms of CPU`}`,
  );
}

/** Of one GET after the other, sorted. */
async function roundTrips(port: number, untilMs: number): Promise<readonly number[]> {
  const pipe = await Pipe.open(port);
  const command = encode(['GET', 'nobody']);
  const times: number[] = [];
  while (Date.now() < untilMs) {
    const from = performance.now();
    await pipe.send(command, 1);
    times.push(performance.now() - from);
  }
  pipe.close();
  return times.toSorted((a, b) => a - b);
}
