import { batchSize, keyBytes, Workload } from './workload.ts';

const valueBytes = 100;
const measuredOperations = 2_000_000;
/** Tries of each measurement: the least disturbed one counts. */
const tries = 3;

/** Time that this thread used; the wall clock would count what others do on the machine. */
function cpuNanoseconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) * 1000;
}

interface Timed {
  readonly nanoseconds: number;
  /** Of one batch, by the clock. */
  readonly longestMs: number;
}

function timed(operations: number, one: (i: number) => void): Timed {
  let longestMs = 0;
  const begin = cpuNanoseconds();
  let from = performance.now();
  for (let i = 0; i < operations; i += batchSize) {
    one(i);
    const now = performance.now();
    longestMs = Math.max(longestMs, now - from);
    from = now;
  }
  return { nanoseconds: (cpuNanoseconds() - begin) / operations, longestMs };
}

const least = (measure: () => Timed): Timed => Array.from({ length: tries }, measure).reduce((a, b) => ({ nanoseconds: Math.min(a.nanoseconds, b.nanoseconds), longestMs: Math.max(a.longestMs, b.longestMs) }));

/** The store by itself, driven in batches as the server's loop does. */
export function measureStore(sizes: readonly number[]): void {
  console.log(`the store alone: ${keyBytes} B keys, ${valueBytes} B values with expiry, batches of ${batchSize}; CPU time per operation, allkeys-s3fifo`);
  const rows = sizes.map(measureSize);
  const [first, last] = [rows[0], rows[rows.length - 1]];
  console.log(`grows GET ${(last.get / first.get).toFixed(2)}×, SET ${(last.set / first.set).toFixed(2)}×`);
}

function measureSize(entries: number): { readonly get: number; readonly set: number } {
  const workload = new Workload(0, 'allkeys-s3fifo');
  const value = new Uint8Array(valueBytes).fill(120);
  const anyKey = (): number => workload.random(entries);
  const fill = timed(entries, (base) => workload.set((i) => (base + i) % entries, value, () => valueBytes, true));
  const overhead = workload.store.usedBytes / workload.store.entryCount - keyBytes - valueBytes;
  const get = least(() => timed(measuredOperations, () => void workload.get(anyKey)));
  const set = least(() => timed(measuredOperations, () => workload.set(anyKey, value, () => valueBytes, true)));
  const pauses = [fill, get, set].map(({ longestMs }) => longestMs.toFixed(1));
  console.log(
    `${String(entries).padStart(9)}   GET ${get.nanoseconds.toFixed(0)} ns   SET ${set.nanoseconds.toFixed(0)} ns   fill ${fill.nanoseconds.toFixed(0)} ns   ${overhead.toFixed(1)} B an entry beyond key and value   longest batch filling ${pauses[0]}, GET ${pauses[1]}, SET ${pauses[2]} ms`,
  );
  workload.store.flush();
  while (workload.housekeep(1_000_000));
  return { get: get.nanoseconds, set: set.nanoseconds };
}
