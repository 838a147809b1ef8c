import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { policyNames, type PolicyName } from '../../node/eviction/policy.ts';
import { encode, Pipe } from '../servers/pipe.ts';
import { cpuSeconds, infoField, machine, pausesOf, pinClient, rssBytes, startMeridian, startOthers, stopAll, type Program } from '../servers/programs.ts';
import { measureEvictions } from './store.ts';

export const title = 'reads, and writes of 16 B to 64 KB on a miss, far past the limit: hit ratio, throughput, RSS, fragmentation and pauses, beside redis-server';

export const usage = '--seconds 600  --limit MiB (1024)  --policy allkeys-s3fifo  --backend NAME  --alone  --store-only (every policy in turn)';
const mib = 1024 * 1024;
const connections = 4;
const depth = 16;
const rowsWanted = 10;
const [leastBytes, mostBytes] = [16, 65_536];
/** Keys for each byte of the limit: about eight times as much as fits. */
const bytesPerKey = 1_000;
/** Keys are drawn by the cube of a uniform number: a tenth of them gets about half of the reads. */
const skew = 3;

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { seconds: { type: 'string', default: '600' }, limit: { type: 'string', default: '1024' }, policy: { type: 'string', default: 'allkeys-s3fifo' }, backend: { type: 'string' }, alone: { type: 'boolean' }, 'store-only': { type: 'boolean' } },
  });
  if (values['store-only']) return measureEvictions();
  const policy = policyNames.find((name) => name === values.policy);
  if (policy === undefined) throw new Error(`${values.policy} is no policy; there are ${policyNames.join(', ')}`);
  const limitBytes = Number(values.limit) * mib;
  console.log(`${machine()}; limit ${values.limit} MiB, ${values.seconds} s each, ${leastBytes} B to ${mostBytes} B`);
  pinClient();
  const starts = [() => startOurs(limitBytes, policy, values.backend), ...(values.alone ? [] : [() => startOthers(['--maxmemory', String(limitBytes), '--maxmemory-policy', 'allkeys-lru'])])];
  for (const start of starts) {
    const programs = await start();
    try {
      for (const program of programs) await measure(program, limitBytes, Number(values.seconds));
    } finally {
      stopAll(programs);
    }
  }
}

const startOurs = async (limitBytes: number, policy: PolicyName, backend: string | undefined): Promise<readonly Program[]> => [await startMeridian({ limitBytes, policy, backend }, `meridian ${policy}`)];

interface Counts {
  reads: number;
  hits: number;
}

/** Sizes and keys follow from numbers, so that every program is asked for the same. */
async function client(port: number, seed: number, keys: number, counts: Counts, untilMs: number): Promise<void> {
  const pipe = await Pipe.open(port);
  const body = 'v'.repeat(mostBytes);
  let state = seed;
  const unit = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  const wanted: string[] = Array.from({ length: depth }, () => '');
  while (performance.now() < untilMs) {
    let text = '';
    for (let i = 0; i < depth; i++) {
      wanted[i] = `key:${Math.floor(keys * unit() ** skew)}`;
      text += encode(['GET', wanted[i]]);
    }
    await pipe.send(text, depth);
    let writes = 0;
    text = '';
    for (let i = 0; i < depth; i++) {
      if (pipe.nil[i] === 0) continue;
      writes++;
      const bytes = Math.floor(leastBytes * (mostBytes / leastBytes) ** unit());
      text += `*3\r\n$3\r\nSET\r\n$${wanted[i].length}\r\n${wanted[i]}\r\n$${bytes}\r\n${body.slice(0, bytes)}\r\n`;
    }
    counts.reads += depth;
    counts.hits += depth - writes;
    if (writes > 0) await pipe.send(text, writes);
  }
  pipe.close();
}

async function measure(program: Program, limitBytes: number, seconds: number): Promise<void> {
  const emptyRss = rssBytes(program);
  const counts: Counts = { reads: 0, hits: 0 };
  const begin = performance.now();
  const clients = Promise.all(Array.from({ length: connections }, (_, i) => client(program.port, i + 1, Math.floor(limitBytes / bytesPerKey), counts, begin + seconds * 1000)));
  console.log(`\n${program.name}\n  second   reads/s   CPU µs each   hit %   RSS/limit   (RSS - empty)/limit   RSS/used   evicted/s   longest pause ms (p99.9, GC; slice's CPU)`);
  await pausesOf(program);
  let evictedBefore = 0;
  for (let row = 1; row <= rowsWanted; row++) {
    const before = { ...counts };
    const cpu = cpuSeconds(program);
    const from = performance.now();
    await sleep(Math.max(1, begin + (seconds * 1000 * row) / rowsWanted - from - 50));
    const passed = (performance.now() - from) / 1000;
    const reads = counts.reads - before.reads;
    const cpuEach = ((cpuSeconds(program) - cpu) * 1e6) / reads;
    const used = await infoField(program, 'used_memory');
    const evicted = await infoField(program, 'evicted_keys');
    const pauses = await pausesOf(program);
    const rss = rssBytes(program);
    const cells = [
      Math.round((performance.now() - begin) / 1000), Math.round(reads / passed), cpuEach.toFixed(1), (((counts.hits - before.hits) / reads) * 100).toFixed(1), (rss / limitBytes).toFixed(3), ((rss - emptyRss) / limitBytes).toFixed(3),
      ((rss - emptyRss) / used).toFixed(2), Math.round((evicted - evictedBefore) / passed), pauses === undefined ? '' : `${pauses.longestMs.toFixed(1)} (${pauses.p999Ms.toFixed(1)}, ${pauses.longestGarbageCollectionMs.toFixed(1)}; ${pauses.longestSliceCpuMs.toFixed(1)})`,
    ];
    evictedBefore = evicted;
    console.log(`  ${cells.map((cell) => String(cell).padStart(9)).join('  ')}`);
  }
  await clients;
}
