import { cpus } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { silentLogger } from '../../shared/log/log.ts';
import { systemPorts } from '../../shared/ports/system.ts';
import type { KubeObject, KubePort } from '../../operator/kube/port.ts';
import { resourceTypes } from '../../operator/kube/types.ts';
import { startInformer, type Informer } from '../../operator/runtime/informer.ts';
import { percentile } from '../statistics.ts';
import { startOperator, type OperatorFigures, type OperatorProcess } from './process.ts';
import { startBenchWorld } from './world.ts';

export const title = '1,000 CacheClusters on a real API server: settling, writes when idle, restart, memory, reaction, a change of every cluster at once';
export const usage = '--clusters 1000  --idle-seconds 120  --changes 200  --requests-per-second 500';

const perNamespace = 100;
/** Of the operator's client: requests after a rest, in seconds of its rate. */
const burstSeconds = 2;
const say = (text: string): void => console.log(text);

/** `--clusters N` (1000), `--idle-seconds N` (120), `--changes N` (200), `--requests-per-second N` (500). */
export async function run(args: readonly string[]): Promise<void> {
  const options = { clusters: { type: 'string', default: '1000' }, 'idle-seconds': { type: 'string', default: '120' }, changes: { type: 'string', default: '200' }, 'requests-per-second': { type: 'string', default: '500' } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const count = Number(values.clusters);
  const flags = ['--requests-per-second', values['requests-per-second']];
  const world = await startBenchWorld();
  const operators: OperatorProcess[] = [];
  const startOne = async (): Promise<OperatorProcess> => {
    const operator = await startOperator(world.plane, flags);
    operators.push(operator);
    return operator;
  };
  const clusters = startInformer({ kube: world.kube, ports: systemPorts, log: silentLogger, type: resourceTypes.cacheCluster });
  try {
    await clusters.whenSynced();
    await createClusters(world.kube, count);
    const first = await startOne();
    await settles(first, clusters, count);
    await idles(first, world.kube, Number(values['idle-seconds']));
    await reacts(world.kube, clusters, count, Number(values.changes));
    say(`memory of the operator: ${first.memoryMb().now.toFixed(0)} MB, most ${first.memoryMb().most.toFixed(0)} MB (goal ≤ 300 MB)`);
    await quiet(first, 20);
    await first.stop();
    const second = await startOne();
    await restarts(second, count);
    await changesAtOnce(second, world.kube, clusters, count, Number(values['requests-per-second']));
    say(`memory after the restart: ${second.memoryMb().now.toFixed(0)} MB, most ${second.memoryMb().most.toFixed(0)} MB (goal ≤ 300 MB)`);
    say(`${cpus().length} cores shared with the whole control plane, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}`);
  } finally {
    clusters.stop();
    await Promise.all(operators.map((operator) => operator.stop().catch(() => {})));
    await world.stop();
  }
}

const namespaceOf = (index: number): string => `team-${Math.floor(index / perNamespace)}`;
const nameOf = (index: number): string => `cache-${index}`;

async function createClusters(kube: KubePort, count: number): Promise<void> {
  for (let at = 0; at < count; at += perNamespace) await kube.create(resourceTypes.namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespaceOf(at) } });
  const create = (index: number): Promise<KubeObject> =>
    kube.create(resourceTypes.cacheCluster, { apiVersion: 'meridiancache.io/v1alpha1', kind: 'CacheCluster', metadata: { namespace: namespaceOf(index), name: nameOf(index) }, spec: { memory: '128Mi', regions: [{ name: 'local' }] } });
  await Promise.all(Array.from({ length: count }, (_, index) => create(index)));
  say(`${count} CacheClusters in ${Math.ceil(count / perNamespace)} namespaces are there; the operator starts`);
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly observedGeneration?: number;
}

const isReady = (cluster: KubeObject): boolean => ((cluster.status?.conditions ?? []) as Condition[]).some(({ type, status, observedGeneration }) => type === 'Ready' && status === 'True' && observedGeneration === cluster.metadata.generation);

async function settles(operator: OperatorProcess, clusters: Informer, count: number): Promise<void> {
  for (let shownMs = performance.now(); ; ) {
    const ready = clusters.store.list().filter(isReady).length;
    if (ready === count) break;
    if (performance.now() - shownMs > 10_000) {
      shownMs = performance.now();
      const { passes, writes } = await operator.figures();
      say(`  ${((shownMs - operator.startedMs) / 1000).toFixed(0)} s: ${ready} ready, ${passes} passes, ${writes} writes`);
    }
    await wait(50);
  }
  const seconds = (performance.now() - operator.startedMs) / 1000;
  const { writes, passes, writesByKind } = await operator.figures();
  say(`first settle: ${seconds.toFixed(1)} s for ${count} clusters to be Ready; ${passes} passes, ${writes} writes (${(writes / count).toFixed(1)} a cluster)`);
  say(`  ${Object.entries(writesByKind).map(([kind, n]) => `${kind} ${n}`).join(', ')}`);
}

/** Waits until the operator has written nothing for a while. */
async function quiet(operator: OperatorProcess, forSeconds: number): Promise<OperatorFigures> {
  let last = await operator.figures();
  for (let sinceMs = performance.now(); performance.now() - sinceMs < forSeconds * 1000; ) {
    await wait(1_000);
    const now = await operator.figures();
    if (now.writes !== last.writes || now.waiting > 0) sinceMs = performance.now();
    last = now;
  }
  return last;
}

/** Resource versions of everything in the clusters' namespaces: the API server's own word on whether anything was written. */
async function versions(kube: KubePort): Promise<ReadonlyMap<string, string>> {
  const { cacheCluster, configMap, lease, networkPolicy, pod, podDisruptionBudget, role, roleBinding, secret, service, serviceAccount, statefulSet } = resourceTypes;
  const all = new Map<string, string>();
  for (const type of [cacheCluster, configMap, lease, networkPolicy, pod, podDisruptionBudget, role, roleBinding, secret, service, serviceAccount, statefulSet]) {
    const { items } = await kube.list(type);
    for (const { metadata } of items) if (metadata.namespace?.startsWith('team-')) all.set(`${type.plural}/${metadata.namespace}/${metadata.name}`, metadata.resourceVersion ?? '');
  }
  return all;
}

async function idles(operator: OperatorProcess, kube: KubePort, seconds: number): Promise<void> {
  const before = await quiet(operator, 20);
  const versionsBefore = await versions(kube);
  const startedMs = performance.now();
  await wait(seconds * 1000);
  const after = await operator.figures();
  const minutes = (performance.now() - startedMs) / 60_000;
  const changed = [...(await versions(kube))].filter(([name, version]) => versionsBefore.get(name) !== version);
  say(`idle: ${((after.writes - before.writes) / minutes).toFixed(1)} writes a minute over ${(minutes * 60).toFixed(0)} s (goal 0), ${after.passes - before.passes} passes; ${changed.length} of ${versionsBefore.size} objects changed ${changed.slice(0, 3).map(([name]) => name).join(' ')}`);
}

/** One change to one cluster, again and again: until a watcher sees the operator's first write. */
async function reacts(kube: KubePort, clusters: Informer, count: number, changes: number): Promise<void> {
  const samples: number[] = [];
  for (let n = 0; n < changes; n += 1) {
    const index = (n * 37) % count;
    const key = `${namespaceOf(index)}/${nameOf(index)}`;
    const before = clusters.store.get(namespaceOf(index), nameOf(index))!;
    const seen = new Promise<number>((resolve) => {
      const stop = clusters.onChange(({ object }) => {
        if (`${object.metadata.namespace}/${object.metadata.name}` !== key || object.metadata.generation === before.metadata.generation) return;
        if (object.status?.observedGeneration !== object.metadata.generation) return;
        queueMicrotask(() => stop());
        resolve(performance.now());
      });
    });
    const startedMs = performance.now();
    await kube.patch(resourceTypes.cacheCluster, namespaceOf(index), nameOf(index), { spec: { eviction: before.spec?.eviction === 'allkeys-lru' ? 'noeviction' : 'allkeys-lru' } });
    samples.push((await seen) - startedMs);
    await wait(100);
  }
  say(`one change → the operator's first write seen: p50 ${percentile(samples, 0.5).toFixed(0)} ms, p99 ${percentile(samples, 0.99).toFixed(0)} ms, most ${Math.max(...samples).toFixed(0)} ms over ${changes} changes, the user's own write included (goal p99 ≤ 100 ms)`);
}

/** From the start of the process until every cluster has had its pass and nothing waits. */
async function restarts(operator: OperatorProcess, count: number): Promise<void> {
  for (;;) {
    const { leads, passes, waiting } = await operator.figures();
    if (leads && passes >= count && waiting === 0) break;
    await wait(50);
  }
  const seconds = (performance.now() - operator.startedMs) / 1000;
  const { writes, writesByKind } = await quiet(operator, 20);
  say(`restart with ${count} settled clusters: ${seconds.toFixed(1)} s (goal ≤ 10 s), ${writes} writes (goal 0) ${JSON.stringify(writesByKind)}`);
}

/** Another number of shards for every cluster in the same moment: how long until each has its plan and nothing waits, and what the API server hears meanwhile. */
async function changesAtOnce(operator: OperatorProcess, kube: KubePort, clusters: Informer, count: number, perSecond: number): Promise<void> {
  const before = await operator.figures();
  const startedMs = performance.now();
  const patched = Promise.all(Array.from({ length: count }, (_, index) => kube.patch(resourceTypes.cacheCluster, namespaceOf(index), nameOf(index), { spec: { shards: 2 } })));
  const isPlanned = ({ metadata, status, spec }: KubeObject): boolean => status?.observedGeneration === metadata.generation && (spec as { shards?: number }).shards === 2;
  const rates: number[] = [];
  let [last, lastMs] = [before.requests, startedMs];
  for (;;) {
    await wait(1_000);
    const { requests, waiting } = await operator.figures();
    const nowMs = performance.now();
    rates.push(((requests - last) * 1000) / (nowMs - lastMs));
    [last, lastMs] = [requests, nowMs];
    if (clusters.store.list().filter(isPlanned).length === count && waiting === 0) break;
  }
  await patched;
  const seconds = (performance.now() - startedMs) / 1000;
  say(`a change of all ${count} clusters at once: each planned and the queue empty after ${seconds.toFixed(1)} s; ${last - before.requests} requests, most in a second ${Math.max(...rates).toFixed(0)}, over all ${((last - before.requests) / seconds).toFixed(0)} a second (client limit ${perSecond}, and ${burstSeconds * perSecond} at once after a rest)`);
}
