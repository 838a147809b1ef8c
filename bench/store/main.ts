import { parseArgs } from 'node:util';
import type { PolicyName } from '../../node/eviction/policy.ts';
import { batchSize, keyBytes, Workload } from './workload.ts';

export const title = 'the store in process: ns per GET and SET, bytes per entry, pauses, filling past the limit';

const valueBytes = 100;
const measuredOperations = 2_000_000;
const housekeepingEvery = 64;
const housekeepingWork = 1_000;
const mib = 1024 * 1024;
const usage = '--entries 100000,1000000,10000000  --limit MiB  --seconds N (filling past the limit)  --policy NAME';

/** Time that this thread used; the wall clock would count what others do on the machine. */
function cpuNanoseconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) * 1000;
}

function rssBytes(): number {
  return process.memoryUsage.rss();
}

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { entries: { type: 'string', default: '100000,1000000,10000000' }, limit: { type: 'string', default: '256' }, seconds: { type: 'string', default: '20' }, policy: { type: 'string', default: 'allkeys-s3fifo' }, help: { type: 'boolean' } },
  });
  if (values.help) return console.log(usage);
  console.log(`${keyBytes} B keys, ${valueBytes} B values with expiry, batches of ${batchSize}; CPU time per operation, ${values.policy}`);
  console.log('entries       fill ns   GET ns   SET ns   bytes/entry beyond key and value   RSS/used   longest batch, CPU us (p99.9)');
  for (const entries of values.entries.split(',').map(Number)) await growth(entries, values.policy as PolicyName);
  await overLimit(Number(values.limit) * mib, Number(values.seconds), values.policy as PolicyName);
}

async function growth(entries: number, policy: PolicyName): Promise<void> {
  const rssBefore = rssBytes();
  const workload = new Workload(0, policy);
  const value = new Uint8Array(valueBytes).fill(120);
  const pauses: number[] = [];
  const timed = (operations: number, one: (i: number) => void): number => {
    const begin = cpuNanoseconds();
    for (let i = 0; i < operations; i += batchSize) {
      const from = cpuNanoseconds();
      one(i);
      pauses.push(cpuNanoseconds() - from);
    }
    return (cpuNanoseconds() - begin) / operations;
  };
  const fill = timed(entries, (base) => workload.set((i) => (base + i) % entries, value, () => valueBytes, true));
  const usedBytes = workload.store.usedBytes;
  const rss = rssBytes() - rssBefore;
  const anyKey = (): number => workload.random(entries);
  timed(measuredOperations / 10, () => workload.get(anyKey));
  const get = timed(measuredOperations, () => workload.get(anyKey));
  const set = timed(measuredOperations, () => workload.set(anyKey, value, () => valueBytes, true));
  pauses.sort((a, b) => a - b);
  const overhead = usedBytes / workload.store.entryCount - keyBytes - valueBytes;
  console.log(
    `${String(entries).padEnd(12)} ${fill.toFixed(0).padStart(8)} ${get.toFixed(0).padStart(8)} ${set.toFixed(0).padStart(8)}   ${overhead.toFixed(1).padStart(12)}                      ${(rss / usedBytes).toFixed(2).padStart(5)}   ` +
      `${((pauses.at(-1) ?? 0) / 1000).toFixed(0).padStart(8)} (${((pauses[Math.floor(pauses.length * 0.999)] ?? 0) / 1000).toFixed(0)})`,
  );
  workload.store.flush();
  await new Promise((resolve) => setTimeout(resolve, 100));
}

/** Sizes from 16 B to 64 KiB, small ones as often as large ones by logarithm. */
async function overLimit(limitBytes: number, seconds: number, policy: PolicyName): Promise<void> {
  const rssBefore = rssBytes();
  const workload = new Workload(limitBytes, policy);
  const { store } = workload;
  const value = new Uint8Array(65_536).fill(121);
  const keys = Math.floor(limitBytes / 2_000);
  const skewed = (): number => Math.floor(keys * (workload.random(1_000_000) / 1_000_000) ** 3);
  const size = (): number => Math.floor(16 * 4096 ** (workload.random(1_000_000) / 1_000_000));
  console.log(`\nfilling past ${limitBytes / mib} MiB with 16 B to 64 KiB values, ${policy}: get, and set on a miss`);
  console.log('second   ops/s (CPU)   hit %   RSS/limit   live/limit   dead % of log   longest batch, CPU us');
  const end = performance.now() + seconds * 1000;
  const step = Math.max(1, Math.floor(seconds / 10)) * 1000;
  for (let next = performance.now() + step; performance.now() < end; next += step) {
    let operations = 0;
    let longest = 0;
    const hits = store.hits;
    const reads = store.hits + store.misses;
    const begin = cpuNanoseconds();
    while (performance.now() < next) {
      const from = cpuNanoseconds();
      const wanted = Array.from({ length: batchSize }, skewed);
      const found = workload.get((i) => wanted[i]);
      if (found < batchSize) workload.set((i) => wanted[i], value, size, false);
      operations += batchSize;
      if (operations % (batchSize * housekeepingEvery) === 0) workload.housekeep(housekeepingWork);
      longest = Math.max(longest, cpuNanoseconds() - from);
    }
    const { log } = store;
    const spent = (cpuNanoseconds() - begin) / 1e9;
    const dead = 1 - (log.liveUnits * 8) / log.committedBytes;
    console.log(
      `${String(Math.round((seconds * 1000 - (end - next)) / 1000)).padEnd(8)} ${(operations / spent).toFixed(0).padStart(10)}   ${(((store.hits - hits) / (store.hits + store.misses - reads)) * 100).toFixed(1).padStart(6)}` +
        `   ${((rssBytes() - rssBefore) / limitBytes).toFixed(2).padStart(8)}   ${((log.liveUnits * 8) / limitBytes).toFixed(2).padStart(8)}   ${(dead * 100).toFixed(1).padStart(10)}   ${(longest / 1000).toFixed(0).padStart(12)}`,
    );
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

if (import.meta.main) await run(process.argv.slice(2));
