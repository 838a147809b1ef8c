import { fieldManager, labels } from '../../shared/kube/names.ts';
import type { Logger } from '../../shared/log/log.ts';
import type { NamespacesDocument } from '../../shared/namespaces/document.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { cacheNamespaceApiVersion, type CacheNamespaceStatus } from '../../shared/resources/cache-namespace/resource.ts';
import { eventsOf } from '../cluster/events.ts';
import { readSpec as readClusterSpec } from '../cluster/intent.ts';
import { KubeError, type KubeObject, type KubePort } from '../kube/port.ts';
import { resourceTypes } from '../kube/types.ts';
import type { NodeApi } from '../node-api/node-api.ts';
import { createController, done, type Outcome, type Pass } from '../runtime/controller.ts';
import type { EventRecorder } from '../runtime/events.ts';
import type { RuntimeObserver } from '../runtime/observer.ts';
import { startCaches } from './caches.ts';
import { awaitsFirst, firstGaugesMs, gaugePeriodMs, showGauges, type Shown } from './gauges.ts';
import { readBusKey, readKept, readLabels, readUsers, readWebhookTokens } from './gather.ts';
import { createNodeReports, type NodeOfRegion } from './node-reports.ts';
import { statusOf, uidOf, type Kept, type Observed, type ObservedCluster } from './observed.ts';
import { appliedIn, finalizer, plan, type Plan } from './plan.ts';
import { nextStatus } from './status.ts';

export interface NamespaceControllerOptions {
  readonly kube: KubePort;
  readonly nodeApi: NodeApi;
  readonly ports: Ports;
  readonly log: Logger;
  /** Whether clients must authenticate where a cluster does not say. */
  readonly authByDefault: boolean;
  /** Only these Kubernetes namespaces; absent: all. */
  readonly namespaces?: readonly string[];
  readonly observer?: RuntimeObserver;
  readonly recorder?: Pick<EventRecorder, 'record'>;
  readonly workers?: number;
}

export interface NamespaceController {
  whenSynced(): Promise<boolean>;
  stop(): Promise<void>;
}

/** While nodes do not have the newest document. */
const behindMs = 500;
/** What no watch tells of is read again after so long: labels of Kubernetes namespaces, tokens, the bus key. */
const lookUpAgainMs = 10_000;
/** A cluster without namespaces is looked at again, in case that what it keeps was changed by others. */
const idleMs = 3_600_000;

/** What is remembered of a cluster between passes; losing it costs a few reads. */
interface Memory {
  readonly clusterUid: string | undefined;
  kept: Map<string, Kept>;
  keptAtMs: number;
  busKey: string | undefined;
  busKeyAtMs: number;
  /** Labels and tokens, as of which objects and when. */
  found: Pick<Observed, 'labels' | 'webhookTokens' | 'users'> & { readonly of: string; readonly atMs: number };
  polledAtMs: number;
  /** Polls since the document had this revision. */
  polls: { readonly revision: number; readonly count: number };
  shown: ReadonlyMap<string, Shown> | undefined;
  polling: boolean;
}

/**
 * Reconciles the CacheNamespaces of one cluster in one pass: decides which are in force, keeps the document of them, tells the nodes beside the passes, and says
 * in every status what is so.
 */
export function startNamespaceController(options: NamespaceControllerOptions): NamespaceController {
  const { kube, ports } = options;
  const reports = createNodeReports(options.nodeApi, ports.clock);
  const memory = new Map<string, Memory>();
  const controller = createController({ ...options, name: 'cachenamespace', reconcile: (pass) => reconcile(pass) });
  const caches = startCaches({ ...options, changed: (key) => controller.queue.add(key) });

  async function reconcile(pass: Pass): Promise<Outcome> {
    const namespaces = caches.namespaces(pass.key);
    const cluster = clusterOf(caches.cluster(pass.key));
    const mine = remembered(pass.key, cluster);
    if (cluster !== undefined && ports.clock.monotonicMs() - mine.keptAtMs >= gaugePeriodMs) await readDocuments(cluster, mine);
    if (namespaces.length === 0 && ![...mine.kept.values()].some(({ document }) => document !== undefined)) {
      await tellCluster(cluster, 0);
      return cluster === undefined ? forget(pass.key) : { kind: 'again', afterMs: idleMs };
    }
    const nodes = cluster === undefined ? [] : await nodesOf(pass.key, cluster, mine);
    const observed = await observe(pass.key, cluster, namespaces, nodes, mine);
    const planned = plan(observed);
    await hold(planned);
    const kept = await keep(planned, pass);
    if (planned.keep.length > 0) mine.keptAtMs = -Infinity;
    await writeStatuses(observed, planned);
    await tellCluster(cluster, namespaces.length);
    await release(planned);
    // Nodes hear nothing that would not be there at their next start.
    if (kept) tellNodes(pass.key, mine, nodes, planned);
    return outcomeOf(observed, planned, nodes, kept, planned.document === undefined ? gaugePeriodMs : pollPeriodOf(mine, planned.document));
  }

  function remembered(key: string, cluster: ObservedCluster | undefined): Memory {
    const before = memory.get(key);
    const clusterUid = cluster?.object.metadata.uid;
    if (before !== undefined && before.clusterUid === clusterUid) return before;
    const fresh: Memory = { clusterUid, kept: new Map(), keptAtMs: -Infinity, busKey: undefined, busKeyAtMs: -Infinity, found: { labels: new Map(), webhookTokens: new Map(), of: '', atMs: -Infinity }, polledAtMs: ports.clock.monotonicMs() - gaugePeriodMs, polls: { revision: 0, count: 0 }, shown: undefined, polling: false };
    memory.set(key, fresh);
    return fresh;
  }

  function forget(key: string): Outcome {
    reports.forget(caches.pods(key).map(uidOf));
    memory.delete(key);
    return done;
  }

  /** A cluster on its way out takes its nodes along: for its namespaces there is none. */
  function clusterOf(object: KubeObject | undefined): ObservedCluster | undefined {
    const spec = object === undefined || object.metadata.deletionTimestamp !== undefined ? undefined : readClusterSpec(object);
    return object === undefined || spec === undefined ? undefined : { object, spec, authEnabled: spec.auth?.enabled ?? options.authByDefault };
  }

  async function readDocuments({ object, spec }: ObservedCluster, mine: Memory): Promise<void> {
    const regions = await Promise.all(spec.regions.map(async ({ name }) => [name, await readKept(kube, object, name)] as const));
    mine.kept = new Map(regions);
    mine.keptAtMs = ports.clock.monotonicMs();
  }

  async function nodesOf(key: string, { object, spec }: ObservedCluster, mine: Memory): Promise<readonly NodeOfRegion[]> {
    const regions = new Set(spec.regions.map(({ name }) => name));
    const clusterUid = object.metadata.uid ?? '';
    const pods = caches.pods(key).filter(({ metadata, status }) => metadata.labels?.[labels.clusterUid] === clusterUid && regions.has(metadata.labels[labels.region]) && status?.podIP !== undefined);
    if (pods.length > 0 && ports.clock.monotonicMs() - mine.busKeyAtMs >= lookUpAgainMs) {
      mine.busKey = await readBusKey(kube, object);
      mine.busKeyAtMs = ports.clock.monotonicMs();
    }
    const { busKey = '' } = mine;
    return pods.map(({ metadata, status }) => ({ region: metadata.labels?.[labels.region] ?? '', target: { namespace: metadata.namespace ?? '', pod: metadata.name, podUid: metadata.uid ?? '', host: String(status?.podIP), clusterUid, busKey } }));
  }

  async function observe(key: string, cluster: ObservedCluster | undefined, namespaces: readonly KubeObject[], nodes: readonly NodeOfRegion[], mine: Memory): Promise<Observed> {
    const pods = nodes.map(({ target, region }) => ({ name: target.pod, uid: target.podUid, region, applied: reports.applied(target.podUid) }));
    await lookUp(cluster, namespaces, mine);
    return { nowMs: ports.clock.wallMs(), key, cluster, namespaces, labels: mine.found.labels, webhookTokens: mine.found.webhookTokens, users: mine.found.users, kept: mine.kept, pods, gauges: mine.shown === undefined ? undefined : new Map(Array.from(mine.shown, ([uid, { gauges }]) => [uid, gauges])) };
  }

  /** What no watch tells of. */
  async function lookUp(cluster: ObservedCluster | undefined, namespaces: readonly KubeObject[], mine: Memory): Promise<void> {
    const of = namespaces.map(({ metadata }) => `${metadata.uid} ${metadata.generation}`).join();
    if (cluster === undefined || (mine.found.of === of && ports.clock.monotonicMs() - mine.found.atMs < lookUpAgainMs)) return;
    const found = { labels: await readLabels(kube, namespaces, cluster.object.metadata.namespace), webhookTokens: await readWebhookTokens(kube, namespaces), users: await readUsers(kube, cluster, namespaces) };
    mine.found = { ...found, of, atMs: ports.clock.monotonicMs() };
  }

  /** False when a region's ConfigMap could not be written now. */
  async function keep({ keep: maps }: Plan, { log }: Pass): Promise<boolean> {
    for (const { object, uid } of maps) {
      try {
        await kube.apply(resourceTypes.configMap, { ...object, metadata: { ...object.metadata, uid } }, { fieldManager, force: uid !== undefined });
      } catch (error) {
        if (!(error instanceof KubeError)) throw error;
        log.warn('the document of the namespaces could not be kept', { name: object.metadata.name, message: error.message });
        return false;
      }
    }
    return true;
  }

  /** Before nodes have keys of it, an object that takes its keys along must not be able to vanish. */
  async function hold({ toHold }: Plan): Promise<void> {
    for (const object of toHold) await patchFinalizers(object, [...(object.metadata.finalizers ?? []), finalizer]);
  }

  async function release({ toRelease }: Plan): Promise<void> {
    for (const { object, unconfirmed } of toRelease) {
      const note = `nodes in ${unconfirmed.join(', ')} have not said that they removed the keys; they do so as soon as they are reached`;
      if (unconfirmed.length > 0) options.recorder?.record(object, { type: 'Warning', reason: 'FlushUnconfirmed', action: 'Flush', note });
      await patchFinalizers(object, (object.metadata.finalizers ?? []).filter((one) => one !== finalizer));
    }
  }

  async function patchFinalizers({ metadata }: KubeObject, finalizers: readonly string[]): Promise<void> {
    const patch = { metadata: { uid: metadata.uid, resourceVersion: metadata.resourceVersion, finalizers: finalizers.length > 0 ? finalizers : null } };
    await unlessGone(kube.patch(resourceTypes.cacheNamespace, metadata.namespace, metadata.name, patch, { fieldManager }));
  }

  async function writeStatuses(observed: Observed, planned: Plan): Promise<void> {
    for (const [object, verdict] of planned.verdicts) {
      const status = nextStatus(object, verdict, observed, planned);
      if (status === undefined) continue;
      if (await unlessGone(kube.apply(resourceTypes.cacheNamespace, statusObject(object, status), { fieldManager, force: true, subresource: 'status' }))) {
        for (const event of eventsOf(statusOf(object), status)) options.recorder?.record(object, event);
      }
    }
  }

  /** How many namespaces point to a cluster is shown there. */
  async function tellCluster(cluster: ObservedCluster | undefined, count: number): Promise<void> {
    if (cluster === undefined || ((cluster.object.status?.namespaces as number | undefined) ?? 0) === count) return;
    const { namespace, name } = cluster.object.metadata;
    await unlessGone(kube.patch(resourceTypes.cacheCluster, namespace, name, { status: { namespaces: count } }, { fieldManager, subresource: 'status' }));
  }

  /** Beside the passes; what is learnt brings the next one. */
  function tellNodes(key: string, mine: Memory, nodes: readonly NodeOfRegion[], { document }: Plan): void {
    if (document === undefined || mine.busKey === undefined) return;
    void reports.push(nodes, document).then((news) => (news ? controller.queue.add(key) : undefined));
    // Nodes count nothing for a namespace that they have not heard of; one that stays silent does not keep the others from being asked.
    const settled = nodes.every(({ target }) => (reports.applied(target.podUid) ?? 0) >= document.revision);
    if (mine.polls.revision !== document.revision) mine.polls = { revision: document.revision, count: 0 };
    if (mine.polling || ports.clock.monotonicMs() - mine.polledAtMs < (settled ? 1 : 2) * pollPeriodOf(mine, document)) return;
    mine.polling = true;
    mine.polledAtMs = ports.clock.monotonicMs();
    mine.polls = { ...mine.polls, count: mine.polls.count + 1 };
    void reports.poll(nodes).then(() => {
      mine.polling = false;
      mine.shown = showGauges(mine.shown ?? new Map<string, Shown>(), reports.gauges(nodes), ports.clock.monotonicMs());
      controller.queue.add(key);
    });
  }

  const synced = caches.whenSynced().then((full) => {
    if (full) controller.start();
    return full;
  });
  return {
    whenSynced: () => synced,
    async stop() {
      caches.stop();
      await controller.stop();
    },
  };
}

/** New namespaces are to show figures soon. */
function pollPeriodOf({ shown, polls }: Memory, { namespaces, revision }: NamespacesDocument): number {
  return awaitsFirst(shown, namespaces.map(({ uid }) => uid), polls.revision === revision ? polls.count : 0) ? firstGaugesMs : gaugePeriodMs;
}

/** False when the object has gone, or is another, since it was observed: its own events bring the next pass. */
async function unlessGone(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (!(error instanceof KubeError) || (error.code !== 404 && error.code !== 409)) throw error;
    return false;
  }
}

function statusObject({ metadata: { name, namespace, uid } }: KubeObject, status: CacheNamespaceStatus): KubeObject {
  return { apiVersion: cacheNamespaceApiVersion, kind: 'CacheNamespace', metadata: { name, namespace, uid }, status };
}

function outcomeOf(observed: Observed, { document, verdicts }: Plan, nodes: readonly NodeOfRegion[], kept: boolean, pollPeriodMs: number): Outcome {
  const regions = new Set(nodes.map(({ region }) => region));
  const behind = document !== undefined && [...regions].some((region) => (appliedIn(region, observed) ?? 0) < document.revision);
  const kinds = new Set([...verdicts.values()].map(({ kind }) => kind));
  if (behind || kinds.has('leaving') || !kept) return { kind: 'again', afterMs: behindMs };
  return { kind: 'again', afterMs: kinds.has('stalled') ? Math.min(lookUpAgainMs, pollPeriodMs) : pollPeriodMs };
}
