import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { encode, Pipe, sendAll } from '../servers/pipe.ts';
import { infoField, machine, pausesOf, pinClient, rssBytes, startMeridian, startOthers, stopAll, type Program } from '../servers/programs.ts';

export const title = 'what need not be atomic runs in slices: longest pause while KEYS, SCAN, UNLINK of huge values, compaction and FLUSHALL run';

export const usage = '--keys 1000000  --elements 10000000  --types set,hash,list,zset  --beside (redis-server too)  --backend NAME';
const keyBytes = 16;
const valueBytes = 100;
const perCommand = 500;
const stepMs = 50;
const giveUpMs = 60_000;
/** Memory that may stay of what was given up. */
const keptShare = 0.1;

const keyOf = (i: number): string => `key:${i.toString().padStart(keyBytes - 4, '0')}`;
const elementOf = (i: number): string => `element:${i.toString().padStart(9, '0')}`;

const additions: Readonly<Record<string, (from: number) => readonly (string | number)[]>> = {
  set: (from) => ['SADD', 'huge', ...elements(from)],
  list: (from) => ['RPUSH', 'huge', ...elements(from)],
  hash: (from) => ['HSET', 'huge', ...elements(from).flatMap((element) => [element, 'v'])],
  zset: (from) => ['ZADD', 'huge', ...elements(from).flatMap((element, i) => [from + i, element])],
};

const elements = (from: number): string[] => Array.from({ length: perCommand }, (_, i) => elementOf(from + i));

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { keys: { type: 'string', default: '1000000' }, elements: { type: 'string', default: '10000000' }, types: { type: 'string', default: 'set,hash,list,zset' }, beside: { type: 'boolean' }, backend: { type: 'string' } },
  });
  console.log(`${machine()}; ${values.keys} keys of ${keyBytes} + ${valueBytes} B, values of ${values.elements} elements`);
  pinClient();
  const programs = [await startMeridian({ backend: values.backend }), ...(values.beside ? await startOthers() : [])];
  try {
    for (const program of programs) await measure(program, Number(values.keys), Number(values.elements), values.types.split(','));
  } finally {
    stopAll(programs);
  }
}

async function measure(program: Program, keys: number, count: number, types: readonly string[]): Promise<void> {
  const { port } = program;
  const step = (name: string, work: () => Promise<void>): Promise<void> => besideNeighbour(program, name, work);
  const fill = (): Promise<void> => sendAll(port, keys, (i) => encode(['SET', keyOf(i), 'v'.repeat(valueBytes)]), { depth: 64 });
  await step(`SET of ${keys} keys (index growth)`, fill);
  await step('KEYS *', async () => void (await Pipe.ask(port, ['KEYS', '*no such key*'])));
  await step('SCAN of all', () => scanAll(port));
  await step('DEL of two thirds, then compaction', async () => {
    await sendAll(port, keys, (i) => (i % 3 === 0 ? encode(['EXISTS', keyOf(i)]) : encode(['DEL', keyOf(i)])), { depth: 64 });
    await settled(program, 0);
  });
  await fill();
  for (const type of types) {
    const before = await infoField(program, 'used_memory');
    await step(`${type} of ${count}`, () => sendAll(port, Math.ceil(count / perCommand), (i) => encode(additions[type](i * perCommand)), { depth: 4 }));
    const most = before + ((await infoField(program, 'used_memory')) - before) * keptShare;
    await step(`UNLINK of the ${type}`, async () => {
      await Pipe.ask(port, ['UNLINK', 'huge']);
      await settled(program, most);
    });
  }
  await step(`FLUSHALL of ${keys} keys`, async () => {
    await Pipe.ask(port, ['FLUSHALL']);
    await settled(program, 0);
  });
}

/** Until so little is used, and it changes no more. */
async function settled(program: Program, mostBytes: number): Promise<void> {
  let last = -1;
  for (const untilMs = performance.now() + giveUpMs; performance.now() < untilMs; await sleep(stepMs)) {
    const [used, active] = [await infoField(program, 'used_memory'), await infoField(program, 'allocator_active')];
    if ((mostBytes === 0 || used <= mostBytes) && active === last) return;
    last = active;
  }
}

async function scanAll(port: number): Promise<void> {
  let cursor = '0';
  do {
    const reply = await Pipe.ask(port, ['SCAN', cursor, 'MATCH', 'no such key', 'COUNT', 1000]);
    cursor = reply.split('\r\n')[2];
  } while (cursor !== '0');
}

/** Runs `work` beside a client that asks one GET after the other. */
async function besideNeighbour(program: Program, name: string, work: () => Promise<void>): Promise<void> {
  const pipe = await Pipe.open(program.port);
  const get = encode(['GET', 'nobody']);
  const times: number[] = [];
  let running = true;
  const neighbour = (async () => {
    while (running) {
      const from = performance.now();
      await pipe.send(get, 1);
      times.push(performance.now() - from);
    }
  })();
  await pausesOf(program);
  const from = performance.now();
  await work();
  const seconds = (performance.now() - from) / 1000;
  const pauses = await pausesOf(program);
  running = false;
  await neighbour;
  pipe.close();
  const sorted = times.toSorted((a, b) => a - b);
  const own = pauses === undefined ? '' : `longest pause ${pauses.longestMs.toFixed(1)} ms, p99.9 ${pauses.p999Ms.toFixed(1)} (GC ${pauses.longestGarbageCollectionMs.toFixed(1)}), longest slice ${pauses.longestSliceCpuMs.toFixed(2)} ms of CPU   `;
  console.log(`${program.name.padEnd(14)} ${name.padEnd(38)} ${seconds.toFixed(2).padStart(7)} s   ${own}neighbour's GET p99.9 ${(sorted[Math.floor(sorted.length * 0.999)] ?? 0).toFixed(1)}, longest ${(sorted.at(-1) ?? 0).toFixed(1)} ms   RSS ${Math.round(rssBytes(program) / 2 ** 20)} MiB`);
}
