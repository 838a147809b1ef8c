import { Cluster } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { percentile } from '../../bench/statistics.ts';
import type { FillOptions, LoadFigures, LoadOptions, LoadQuestion } from './load.ts';
import { parseAddress } from './task.ts';

/** The thread of load.ts: kubectl, which is waited for, must not stand in the way of clients whose delays are measured. */
const { places, password, writesPerSecond, readsPerSecond, valueBytes, prefix } = workerData as LoadOptions & { readonly prefix: string };
const clientCount = 2;
const writers = 24;
const readers = 24;
const keysPerWriter = 32;
/** So many wrong or failed answers say enough. */
const mostFailures = 1_000;

/** A key's values are numbers that rise; here is which were sent, acknowledged and seen. */
interface Register {
  readonly key: string;
  sent: number;
  acknowledged: number;
  seen: number;
}

const natMap = Object.fromEntries(Object.entries(places.reach).map(([from, to]) => [from, parseAddress(to)]));
const clients = Array.from({ length: clientCount }, () => new Cluster(places.addresses.map((address) => parseAddress(places.reach[address] ?? address)), { redisOptions: { password }, natMap }));
for (const client of clients) client.on('error', () => {});
const registers = Array.from({ length: writers * keysPerWriter }, (_, index): Register => ({ key: `${prefix}:${index}`, sent: 0, acknowledged: 0, seen: 0 }));
const padding = '.'.repeat(valueBytes);

let running = true;
const failures: string[] = [];
let [writes, reads, sinceMs] = [0, 0, performance.now()];
let latenciesMs: number[] = [];

const failed = (what: string): void => void (failures.length < mostFailures && failures.push(`${new Date().toISOString().slice(11, 23)} ${what}`));

async function timed<T>(operation: () => Promise<T>): Promise<T> {
  const startedMs = performance.now();
  try {
    return await operation();
  } finally {
    latenciesMs.push(performance.now() - startedMs);
  }
}

async function write(client: Cluster, register: Register): Promise<void> {
  const value = ++register.sent;
  try {
    await timed(() => client.set(register.key, `${value}${padding}`));
    register.acknowledged = value;
    writes += 1;
  } catch (error) {
    failed(`SET ${register.key}: ${String(error)}`);
  }
}

async function read(client: Cluster, register: Register): Promise<void> {
  const least = Math.max(register.acknowledged, register.seen);
  try {
    const text = await timed(() => client.get(register.key));
    const value = Number.parseInt(text ?? '0', 10);
    if (!(value >= least && value <= register.sent)) failed(`GET ${register.key}: ${value} instead of ${least} … ${register.sent}`);
    register.seen = Math.max(register.seen, value);
    reads += 1;
  } catch (error) {
    failed(`GET ${register.key}: ${String(error)}`);
  }
}

/** One operation after another, at its part of a rate; what was missed while one of them waited is made up for, up to a second. */
async function go(perSecond: number, operation: (turn: number) => Promise<void>): Promise<void> {
  const everyMs = 1000 / perSecond;
  let dueMs = performance.now() + Math.random() * everyMs;
  for (let turn = 0; running; turn += 1) {
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    await operation(turn);
    dueMs = Math.max(dueMs + everyMs, performance.now() - 1000);
  }
}

const loops = [
  ...Array.from({ length: writers }, (_, writer) => go(writesPerSecond / writers, (turn) => write(clients[writer % clientCount], registers[writer * keysPerWriter + (turn % keysPerWriter)]))),
  ...Array.from({ length: readers }, (_, reader) => go(readsPerSecond / readers, () => read(clients[reader % clientCount], registers[Math.floor(Math.random() * registers.length)]))),
];

function figures(): LoadFigures {
  const longestMs = latenciesMs.reduce((most, one) => Math.max(most, one), 0);
  const answer = { writes, reads, seconds: (performance.now() - sinceMs) / 1000, failed: failures.length, p50Ms: percentile(latenciesMs, 0.5), p99Ms: percentile(latenciesMs, 0.99), longestMs };
  [writes, reads, sinceMs, latenciesMs] = [0, 0, performance.now(), []];
  return answer;
}

async function finish(): Promise<LoadFigures> {
  running = false;
  await Promise.all(loops);
  const answer = figures();
  for (const register of registers) await read(clients[0], register);
  for (const client of clients) client.disconnect();
  if (failures.length > 0) throw new Error(`${failures.length} operations failed or went wrong: ${failures.slice(0, 5).join('; ')}`);
  if (registers.every(({ acknowledged }) => acknowledged === 0)) throw new Error('nothing was written');
  return answer;
}

const filled: { count: number; bytes: number } = { count: 0, bytes: 0 };
const fillValue = (index: number): string => `${index}:`.padEnd(filled.bytes, `${index % 97}|`);
const atOnce = 64;

/** Calls `operation` for every key of the data set, a few at a time. */
async function overFilled(operation: (key: string, index: number) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (let index = next++; index < filled.count; index = next++) await operation(`fill:${index}`, index);
  }));
}

async function fill(options: FillOptions): Promise<number> {
  Object.assign(filled, { bytes: options.valueBytes, count: Math.floor((options.megabytes * 1024 * 1024) / options.valueBytes) });
  await overFilled(async (key, index) => void (await clients[0].set(key, fillValue(index))));
  return filled.count * filled.bytes;
}

async function verify(): Promise<number> {
  const wrong: string[] = [];
  await overFilled(async (key, index) => {
    const value = await clients[0].get(key);
    if (value !== fillValue(index)) wrong.push(`${key} is ${value?.slice(0, 12) ?? 'missing'}`);
  });
  if (wrong.length > 0) throw new Error(`${wrong.length} of ${filled.count} values are not what was written: ${wrong.slice(0, 5).join('; ')}`);
  return filled.count;
}

const answerTo = (question: LoadQuestion): Promise<unknown> | LoadFigures => {
  switch (question.kind) {
    case 'fill':
      return fill(question);
    case 'verify':
      return verify();
    case 'figures':
      return figures();
    case 'finish':
      return finish();
  }
};

parentPort?.on('message', (question: LoadQuestion) => {
  Promise.resolve(answerTo(question)).then(
    (value) => parentPort?.postMessage({ id: question.id, value }),
    (error: unknown) => parentPort?.postMessage({ id: question.id, error: String(error) }),
  );
});
