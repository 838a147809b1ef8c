import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import { Store } from '../../node/engine/store.ts';
import type { PolicyName } from '../../node/eviction/policy.ts';
import { chooseBackend } from '../../node/io/choose-backend.ts';
import { keepStore } from '../../node/keep-store.ts';
import { createNodeContext } from '../../node/server/create-node-context.ts';
import { startRedisServer } from '../../node/server/start.ts';
import { createStoreView } from '../../node/store-view.ts';
import { systemPorts } from '../../shared/ports/system.ts';
import { threadCpuMs } from '../thread-cpu.ts';
import { oneNodeView } from '../../test/protocol/one-node-view.ts';

/** What a measured server is told, as JSON in its only argument. */
export interface Serving {
  readonly port: number;
  /** As MERIDIAN_IO. */
  readonly backend?: string;
  readonly limitBytes?: number;
  readonly policy?: PolicyName;
}

/** What the server answers to 'pauses': since it was asked before. */
export interface Pauses {
  /** Longest time that the event loop was late. */
  readonly longestMs: number;
  readonly p999Ms: number;
  readonly longestGarbageCollectionMs: number;
  readonly garbageCollections: number;
  /** Of the store's housekeeping, by the CPU time of its thread: what others do on the machine does not count. */
  readonly longestSliceCpuMs: number;
}

/** How often the event loop is looked at. */
const resolutionMs = 1;

let longestSliceCpuMs = 0;

/** Looks at how long each slice of housekeeping takes. */
function timeSlices(store: Store): void {
  const housekeep = store.housekeep.bind(store);
  store.housekeep = (nowMs, work) => {
    const from = threadCpuMs();
    const more = housekeep(nowMs, work);
    longestSliceCpuMs = Math.max(longestSliceCpuMs, threadCpuMs() - from);
    return more;
  };
}

async function serve({ port, backend, limitBytes, policy }: Serving): Promise<void> {
  const store = new Store({ seed: 1, random: systemPorts.random.unit, limitBytes: limitBytes ?? 0, verify: 'sampled' });
  if (policy !== undefined) store.setPolicy(policy);
  const node = createNodeContext({ ports: systemPorts, cluster: oneNodeView(port), store, storeView: createStoreView(store, () => Math.floor(systemPorts.clock.wallMs())) });
  await startRedisServer({ node, host: '127.0.0.1', port, backend: chooseBackend(backend, systemPorts.timers) });
  timeSlices(store);
  keepStore(store, systemPorts, () => node);
}

function answerAboutPauses(): void {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  let collections: number[] = [];
  const observer = new PerformanceObserver((list) => collections.push(...list.getEntries().map((entry) => entry.duration)));
  process.on('message', () => {
    const collected = collections;
    process.send?.({ longestMs: delay.max / 1e6 - resolutionMs, p999Ms: delay.percentile(99.9) / 1e6 - resolutionMs, longestGarbageCollectionMs: Math.max(0, ...collected), garbageCollections: collected.length, longestSliceCpuMs } satisfies Pauses);
    collections = [];
    longestSliceCpuMs = 0;
    // From the first question on, so that throughput is measured without it.
    observer.observe({ entryTypes: ['gc'] });
    delay.enable();
    delay.reset();
  });
}

if (import.meta.main) {
  answerAboutPauses();
  await serve(JSON.parse(process.argv[2]) as Serving);
}
