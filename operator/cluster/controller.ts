import { fieldManager } from '../../shared/kube/names.ts';
import type { Logger } from '../../shared/log/log.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { cacheClusterApiVersion, type CacheClusterStatus } from '../../shared/resources/cache-cluster/resource.ts';
import { execute, type Executed } from '../actions/execute.ts';
import { KubeError, type KubeObject, type KubePort } from '../kube/port.ts';
import { resourceTypes } from '../kube/types.ts';
import type { NodeApi } from '../node-api/node-api.ts';
import { createController, done, type Outcome, type Pass } from '../runtime/controller.ts';
import { createExpectations } from '../runtime/expectations.ts';
import { compareResourceVersions, splitKey } from '../runtime/object-key.ts';
import type { EventRecorder } from '../runtime/events.ts';
import type { RuntimeObserver } from '../runtime/observer.ts';
import { startCaches } from './caches.ts';
import type { ClusterObserver } from './cluster-observer.ts';
import { eventsOf } from './events.ts';
import { statusOf } from './intent.ts';
import { nodeCalls } from './node-calls.ts';
import { observe } from './observe.ts';
import type { Observed, Settings } from './observed.ts';
import { cachesBehind, type Plan } from './plan.ts';
import { busKeyOf, createReports } from './reports.ts';
import { nextStatus, type StatusOptions } from './status.ts';
import { createTeller } from './tell.ts';

export interface ClusterControllerOptions {
  readonly kube: KubePort;
  readonly nodeApi: NodeApi;
  readonly ports: Ports;
  readonly log: Logger;
  readonly settings: Settings;
  /** Only these namespaces; absent: all. */
  readonly namespaces?: readonly string[];
  /** Whether Kubernetes' nodes may be watched; absent: no. */
  readonly watchMachines?: boolean;
  /** Whether ServiceMonitors are written where their definition is installed; absent: no. */
  readonly watchMonitors?: boolean;
  readonly observer?: RuntimeObserver;
  /** Absent: turns of conditions are in the status only. */
  readonly recorder?: Pick<EventRecorder, 'record'>;
  /** Absent: nothing is counted. */
  readonly clusters?: ClusterObserver;
  readonly endpointOf?: StatusOptions['endpointOf'];
  /** Passes at a time, of different clusters; default 4. */
  readonly workers?: number;
}

export interface CacheClusterController {
  /** True once the caches are full and passes run; false when it was stopped before. */
  whenSynced(): Promise<boolean>;
  /** Starts no further pass; resolves when those under way have ended. */
  stop(): Promise<void>;
}

/** Gauges are written at most so often, and read at least so often while nothing happens. */
const gaugePeriodMs = 60_000;
/** How long nodes are not asked again while something is going on. */
const busyReportAgeMs = 2_000;
/** Comes back by itself, in case that a change makes no event: a foreign object that went, a node that answers at last. */
const recheckMs = 15_000;
const outdatedMs = 100;
/** How soon an eviction is tried again that a disruption budget forbids. */
const heldMs = 1_000;
/** How soon the new primary of a shard is asked how it came to lead it. */
const accountMs = 500;
const behindMs = 500;
/** How soon caches are looked at again that trail our own writes, and how long they are waited for. */
const catchUpMs = 20;
const patienceMs = 2_000;

/** Reconciles every CacheCluster over any KubePort: observe, plan, execute, and one write of the status a pass. */
export function startClusterController(options: ClusterControllerOptions): CacheClusterController {
  const { kube, ports, settings } = options;
  const reports = createReports(options.nodeApi, ports.clock);
  const memory = new Map<string, Memory>();
  const teller = createTeller(options.recorder, options.clusters);
  const controller = createController({ ...options, name: 'cachecluster', reconcile: (pass) => reconcile(pass) });
  const caches = startCaches({ ...options, changed: (key) => controller.queue.add(key) });
  const expectations = createExpectations(caches.mirrorOf);

  async function reconcile(pass: Pass): Promise<Outcome> {
    const { namespace, name } = splitKey(pass.key);
    const cached = caches.cluster(namespace, name);
    if (!cached) {
      reports.forget(caches.pods(pass.key));
      expectations.forget(pass.key);
      teller.forget(pass.key);
      memory.delete(pass.key);
      return done;
    }
    const mine = memory.get(pass.key) ?? { gaugesMs: ports.clock.monotonicMs() };
    memory.set(pass.key, mine);
    const cluster = newer(cached, mine.written);
    // A thousand of these, with what the API server notes of field managers, are megabytes.
    if (cluster === cached) mine.written = undefined;
    const unseenWrites = expectations.unseen(pass.key).length;
    // What the caches are about to show would be written again. A cache that stays behind does not stop what is harmless.
    mine.behindMs = unseenWrites === 0 ? undefined : (mine.behindMs ?? ports.clock.monotonicMs());
    if (mine.behindMs !== undefined && ports.clock.monotonicMs() - mine.behindMs < patienceMs) return { kind: 'again', afterMs: catchUpMs };
    const seen = await observe(cluster, { kube, caches, reports, settings, nowMs: ports.clock.wallMs(), unseenWrites, refusal: mine.refusal });
    const accountsOpen = teller.tell(pass.key, seen.observed, seen.plan);
    // A new generation is said before it is acted on: without Reconciling, a waiting reader would take the old status for the new.
    const announced = statusOf(cluster).observedGeneration === cluster.metadata.generation;
    const ends = seen.plan.actions.some(({ kind }) => kind === 'release');
    if (!announced && !ends) await writeStatus(pass, mine, seen.observed, seen.plan);
    const executed = await execute(seen.plan.actions, { kube, ports, expectations, owner: pass.key, nodes: nodeCalls(options.nodeApi, busKeyOf(seen.observed.objects, name), pass.log) });
    const refused = mine.refusal;
    mine.refusal = executed.kind === 'refused' ? executed.message : undefined;
    if (ends) return executed.kind === 'done' ? done : { kind: 'again', afterMs: outdatedMs };
    if (announced) await writeStatus(pass, mine, seen.observed, seen.plan);
    askNodes(pass.key, seen.observed, seen.plan, accountsOpen);
    if (accountsOpen) return { kind: 'again', afterMs: accountMs };
    // What the API server refused, or no longer refuses, is for the status to say: at once.
    return mine.refusal === refused ? outcomeOf(pass, executed, seen.observed, seen.plan) : { kind: 'again', afterMs: outdatedMs };
  }

  async function writeStatus(pass: Pass, mine: Memory, observed: Observed, planned: Plan): Promise<void> {
    const gaugesDue = ports.clock.monotonicMs() - mine.gaugesMs >= gaugePeriodMs;
    const status = nextStatus(observed, planned, { gaugesDue, endpointOf: options.endpointOf });
    if (gaugesDue) mine.gaugesMs = ports.clock.monotonicMs();
    if (!status) return;
    try {
      mine.written = await kube.apply(resourceTypes.cacheCluster, statusObject(observed.cluster, status), { fieldManager, force: true, subresource: 'status' });
      expectations.wrote(pass.key, resourceTypes.cacheCluster, mine.written);
      for (const event of eventsOf(statusOf(observed.cluster), status)) options.recorder?.record(observed.cluster, event);
    } catch (error) {
      // Deleted, or replaced by another of the same name, since it was observed.
      if (!(error instanceof KubeError) || (error.code !== 404 && error.code !== 409)) throw error;
    }
  }

  /** Beside the passes; what is new brings the next one. */
  function askNodes(key: string, observed: Observed, planned: Plan, accountsOpen: boolean): void {
    const settled = isWell(observed, planned);
    void reports
      .refresh(observed.pods, busKeyOf(observed.objects, observed.cluster.metadata.name), accountsOpen ? accountMs : settled ? gaugePeriodMs : busyReportAgeMs)
      .then((news) => (news ? controller.queue.add(key) : undefined));
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

/** What is remembered of a cluster between passes; losing it costs a pass, never more. */
interface Memory {
  /** When gauges were last written, or looked at. */
  gaugesMs: number;
  refusal?: string;
  /** Since when the caches trail our own writes. */
  behindMs?: number;
  /** The object as the last write of its status answered it. */
  written?: KubeObject;
}

/** The cache trails the last write of the status; planning from an older one would write it again. */
function newer(cached: KubeObject, written: KubeObject | undefined): KubeObject {
  if (!written || written.metadata.uid !== cached.metadata.uid) return cached;
  return (compareResourceVersions(written.metadata.resourceVersion ?? '', cached.metadata.resourceVersion ?? '') ?? -1) > 0 ? written : cached;
}

function statusObject({ metadata: { name, namespace, uid } }: KubeObject, status: CacheClusterStatus): KubeObject {
  return { apiVersion: cacheClusterApiVersion, kind: 'CacheCluster', metadata: { name, namespace, uid }, status };
}

/** A decision about slots may wait for what nodes say, so they are asked until it is made. */
const isSettled = (planned: Plan): boolean => planned.actions.length + planned.waits.length + planned.problems.length === 0 && planned.resharding === undefined;

/** What came of these is only seen by asking again. */
const asksNode: ReadonlySet<string> = new Set(['switchover', 'configure', 'retarget', 'hibernate']);

/** Nodes write or read snapshots: how far they are is only seen by asking. */
const sleepsOrWakes = ({ input }: Plan): boolean => input !== undefined && input.hibernation.stage !== 'awake' && input.hibernation.stage !== 'asleep';

/** What is degraded is looked at more often: not everything that mends it is an event. */
const isWell = (observed: Observed, planned: Plan): boolean => isSettled(planned) && ['Ready', 'Hibernated'].includes(statusOf(observed.cluster).phase ?? '');

function outcomeOf(pass: Pass, executed: Executed, observed: Observed, planned: Plan): Outcome {
  if (executed.kind === 'outdated') {
    pass.log.info('observed too early', { message: executed.message });
    return { kind: 'again', afterMs: outdatedMs };
  }
  if (planned.waits.some(({ reason }) => reason === cachesBehind)) return { kind: 'again', afterMs: behindMs };
  if (planned.actions.some(({ kind }) => asksNode.has(kind)) || sleepsOrWakes(planned)) return { kind: 'again', afterMs: busyReportAgeMs };
  if (executed.kind === 'held') return { kind: 'again', afterMs: heldMs };
  if (executed.kind === 'refused') pass.log.warn('refused', { message: executed.message });
  return { kind: 'again', afterMs: isWell(observed, planned) ? gaugePeriodMs : recheckMs };
}
