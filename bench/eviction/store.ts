import { Store } from '../../node/engine/store.ts';
import { policyNames, type PolicyName } from '../../node/eviction/policy.ts';
import { slotOfKey } from '../../shared/slots/crc16.ts';
import { threadCpuMs as cpuMs } from '../thread-cpu.ts';

const keyBytes = 16;
const [leastBytes, mostBytes] = [16, 65_536];
const limitBytes = 256 * 1024 * 1024;
/** Times as much as the limit that is written under each policy before it is looked at, and while it is. */
const turnovers = 3;
const slicePeriod = 64;
const workPerSlice = 4_000;
const nowMs = 1_700_000_000_000;
const digit0 = 0x30;
/** More writes than a round has. */
const mostWrites = 4_000_000;

/** One store whose policy is changed again and again while it is full: what a write costs that has to evict, and a slice of housekeeping. */
export function measureEvictions(): void {
  console.log(`the store alone, limit ${limitBytes / 2 ** 20} MiB, values of ${leastBytes} B to ${mostBytes} B; CPU time of single writes and slices, garbage collection included`);
  let state = 1;
  const unit = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  const store = new Store({ seed: 1, limitBytes, verify: 'sampled', random: unit });
  const value = new Uint8Array(mostBytes).fill(120);
  const key = new Uint8Array(keyBytes);
  // Nothing is allocated while it is measured.
  const times = new Float64Array(mostWrites);
  const slices = new Float64Array(mostWrites / slicePeriod);
  const writeOne = (): number => {
    let rest = Math.floor(unit() ** 3 * 1e6);
    for (let at = keyBytes - 1; at >= 0; at--) {
      key[at] = digit0 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
    const [slot, hash] = [slotOfKey(key, 0, keyBytes), store.hashKey(key, 0, keyBytes)];
    const bytes = Math.floor(leastBytes * (mostBytes / leastBytes) ** unit());
    const before = cpuMs();
    store.put(key, 0, keyBytes, slot, hash, value, 0, bytes, 0, nowMs + 86_400_000, nowMs);
    written += bytes;
    return cpuMs() - before;
  };
  let written = 0;
  /** How many writes it was. */
  const round = (name: PolicyName): number => {
    store.setPolicy(name);
    let count = 0;
    for (written = 0; written < limitBytes * turnovers; count++) {
      times[count] = writeOne();
      if (count % slicePeriod !== 0) continue;
      const before = cpuMs();
      store.housekeep(nowMs, workPerSlice);
      slices[count / slicePeriod] = cpuMs() - before;
    }
    return count;
  };
  // Compiles everything, and touches all memory once.
  round('allkeys-s3fifo');
  for (const name of policyNames) {
    if (name === 'noeviction') continue;
    const [keysBefore, evictedBefore] = [store.entryCount, store.evictedKeys];
    const count = round(name);
    const evicted = (store.evictedKeys - evictedBefore) / count;
    const [ofWrites, ofSlices] = [times.slice(0, count).sort(), slices.slice(0, Math.ceil(count / slicePeriod)).sort()];
    const at = (sorted: Float64Array, share: number): string => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(2);
    console.log(
      `${name.padEnd(18)} ${String(keysBefore).padStart(7)} keys taken over   ${evicted.toFixed(2)} evicted a write   write mean ${((ofWrites.reduce((a, b) => a + b) / count) * 1000).toFixed(1)} µs, p99.99 ${at(ofWrites, 0.9999)}, longest ${at(ofWrites, 1)} ms   slice p99 ${at(ofSlices, 0.99)}, longest ${at(ofSlices, 1)} ms   ` +
        `given by the system ${(store.committedBytes / limitBytes).toFixed(3)} of the limit, used ${(store.usedBytes / store.committedBytes).toFixed(3)} of that`,
    );
  }
}
