import type { NodeStatus, SnapshotStatus } from '../../shared/admin/contract.ts';
import type { NamespacesDocument } from '../../shared/namespaces/document.ts';
import { annotations, labels } from '../../shared/kube/names.ts';
import { silentLogger } from '../../shared/log/log.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { managedSelector } from '../../operator/resources/metadata.ts';
import { KubeError, type KubeObject, type KubePort } from '../../operator/kube/port.ts';
import { copiesInSyncOf, sealedIn } from '../../operator/actions/execute.ts';
import { resourceTypes } from '../../operator/kube/types.ts';
import type { NodeApi } from '../../operator/node-api/node-api.ts';
import { startInformer } from '../../operator/runtime/informer.ts';
import { standInSlots } from './stand-in-slots.ts';

/**
 * What kubelets and nodes would do, over any KubePort: a pod that appears runs, takes its shard's Lease when nobody that lives
 * holds it, and is ready while it does. Without processes, so that a real API server can be used without machines.
 */
export interface StandInNodes {
  readonly nodeApi: NodeApi;
  /** Pods of this name do not answer. */
  readonly silent: Set<string>;
  /** Kubernetes namespaces in which copies get in sync as soon as they run; elsewhere none ever is. */
  readonly joining: Set<string>;
  /** Why pods of this name cannot keep a snapshot. */
  readonly faults: Map<string, string>;
  /** The namespaces that each pod has in force, by UID. */
  readonly documents: Map<string, NamespacesDocument>;
  stop(): void;
}

/** What every stand-in has counted for every namespace. */
const figures = { keys: 1234, memoryBytes: 56_789, hits: 750, misses: 250, evictions: 3, expirations: 4, throttled: 5 };

export function startStandInNodes(kube: KubePort, ports: Ports): StandInNodes {
  const silent = new Set<string>();
  const joining = new Set<string>();
  const log = silentLogger;
  const pods = startInformer({ kube, ports, log, type: resourceTypes.pod, labelSelector: managedSelector });
  const leases = startInformer({ kube, ports, log, type: resourceTypes.lease, labelSelector: managedSelector });
  const stopped = { value: false };
  const revisions = new Map<string, number>();
  const documents = new Map<string, NamespacesDocument>();
  const kepts = new Map<string, SnapshotStatus>();
  const faults = new Map<string, string>();
  const slots = standInSlots(kube);
  const placeOf = (pod: KubeObject): readonly [string, string, string] => [pod.metadata.namespace ?? '', pod.metadata.labels?.[labels.cluster] ?? '', pod.metadata.labels?.[labels.region] ?? ''];
  const look = (pod: KubeObject | undefined): void => {
    if (!pod || stopped.value || pod.metadata.deletionTimestamp !== undefined) return;
    live(kube, pod, joining.has(pod.metadata.namespace ?? ''), (name) => pods.store.get(pod.metadata.namespace, name)).catch((error: unknown) => {
      // Another was faster, or the pod went: its own events bring the next look.
      if (!stopped.value && !(error instanceof KubeError)) throw error;
    });
  };
  pods.onChange((change) => {
    look(change.object);
    if (change.kind === 'deleted') for (const pod of pods.store.list()) if (leaseOf(pod) === leaseOf(change.object)) look(pod);
  });
  leases.onChange(({ object }) => {
    for (const pod of pods.store.list()) if (leaseOf(pod) === object.metadata.name && pod.metadata.namespace === object.metadata.namespace) look(pod);
  });
  return {
    silent,
    joining,
    faults,
    documents,
    nodeApi: {
      async status(target) {
        if (silent.has(target.pod)) throw new Error(`${target.pod} is silent`);
        const pod = pods.store.get(target.namespace, target.pod);
        if (!pod) throw new Error(`no pod ${target.pod}`);
        const report = reportOf(pod, leases.store.get(target.namespace, leaseOf(pod)), revisions.get(target.podUid));
        const snapshot = kepts.get(target.podUid);
        return report.role === 'primary' ? { ...report, ...(snapshot ? { snapshot } : {}), ...(await slots.report(...placeOf(pod), report.shard)) } : report;
      },
      async switchover(target, to) {
        const lease = leases.store.get(target.namespace, target.pod.replace(/-\d+$/, ''));
        if (lease === undefined || to === undefined || lease.spec?.holderIdentity !== target.pod) return false;
        await takeLease(kube, lease, to, copiesInSyncOf(lease));
        return true;
      },
      async applyConfig(target, { revision }) {
        revisions.set(target.podUid, Math.max(revision, revisions.get(target.podUid) ?? 0));
        return revisions.get(target.podUid) ?? 0;
      },
      async applyNamespaces(target, document) {
        if (silent.has(target.pod)) throw new Error(`${target.pod} is silent`);
        const before = documents.get(target.podUid);
        if (document.revision > (before?.revision ?? 0)) documents.set(target.podUid, document);
        return Math.max(document.revision, before?.revision ?? 0);
      },
      async namespaceFigures(target) {
        if (silent.has(target.pod)) throw new Error(`${target.pod} is silent`);
        const { revision = 0, namespaces = [] } = documents.get(target.podUid) ?? {};
        const lease = leases.store.get(target.namespace, target.pod.replace(/-\d+$/, ''));
        return { revision, leads: lease?.spec?.holderIdentity === target.pod, namespaces: namespaces.map(({ name, uid }) => ({ ...figures, name, uid })) };
      },
      async hibernate(target, on) {
        if (silent.has(target.pod)) throw new Error(`${target.pod} is silent`);
        const name = target.pod.replace(/-\d+$/, '');
        const lease = await kube.get(resourceTypes.lease, target.namespace, name);
        if (lease?.spec?.holderIdentity !== target.pod) return undefined;
        const fault = faults.get(target.pod);
        const kept: SnapshotStatus | undefined = !on ? undefined : fault === undefined ? { phase: 'complete', id: `${target.podUid}-kept`, keys: 10, bytes: 1000 } : { phase: 'failed', keys: 0, bytes: 0, message: fault };
        if (kept === undefined) kepts.delete(target.podUid);
        else kepts.set(target.podUid, kept);
        if (sealedIn(lease) !== kept?.id) await seal(kube, lease, kept?.id);
        return kept;
      },
      async targetsChanged(target) {
        const pod = pods.store.get(target.namespace, target.pod);
        return pod && (await slots.follow(...placeOf(pod)));
      },
    },
    stop() {
      stopped.value = true;
      pods.stop();
      leases.stop();
    },
  };
}

const leaseOf = (pod: KubeObject): string => pod.metadata.name.replace(/-\d+$/, '');

async function live(kube: KubePort, pod: KubeObject, joins: boolean, find: (name: string) => KubeObject | undefined): Promise<void> {
  const { namespace, name } = pod.metadata;
  const lease = await kube.get(resourceTypes.lease, namespace, leaseOf(pod));
  const holder = lease?.spec?.holderIdentity as string | undefined;
  // The first pod of a new shard is its primary, so that every run is the same.
  // A pod under the same name whose snapshot the Lease names begins with it; nobody else takes the shard.
  const wakes = lease !== undefined && holder === name && sealedIn(lease) !== undefined && !sealedIn(lease)?.startsWith(pod.metadata.uid ?? '');
  const sealed = lease !== undefined && sealedIn(lease) !== undefined;
  const takes = wakes || (sealed ? false : holder === undefined ? name.endsWith('-0') : holder !== name && !find(holder));
  if (lease && takes) await takeLease(kube, lease, name);
  else if (lease && joins && holder !== undefined && holder !== name && !copiesInSyncOf(lease)?.includes(name)) {
    await writeLease(kube, lease, holder, [...(copiesInSyncOf(lease) ?? []).filter(find), name], Number(lease.spec?.leaseTransitions ?? 0));
    return;
  }
  const primary = lease !== undefined && (takes || holder === name);
  const ready = (lease === undefined ? wasReady(pod) : primary || copiesInSyncOf(lease)?.includes(name) === true) ? 'True' : 'False';
  const index = Number(name.slice(name.lastIndexOf('-') + 1));
  const status = { phase: 'Running', podIP: `10.9.0.${1 + index}`, podIPs: [{ ip: `10.9.0.${1 + index}` }], conditions: [{ type: 'Ready', status: ready }] };
  if (pod.status?.phase === 'Running' && wasReady(pod) === (ready === 'True')) return;
  await kube.patch(resourceTypes.pod, namespace, name, { status }, { subresource: 'status' });
}

const wasReady = (pod: KubeObject): boolean => ((pod.status?.conditions ?? []) as { type: string; status: string }[]).some(({ type, status }) => type === 'Ready' && status === 'True');

async function seal(kube: KubePort, lease: KubeObject, id: string | undefined): Promise<void> {
  const config = { ...(JSON.parse(lease.metadata.annotations?.[annotations.config] ?? '{}') as object), sealed: id };
  await kube.replace(resourceTypes.lease, { ...lease, metadata: { ...lease.metadata, annotations: { ...lease.metadata.annotations, [annotations.config]: JSON.stringify(config) } } });
}

/** `inSync`: who has all data beside the new primary; after a loss nobody. */
const takeLease = (kube: KubePort, lease: KubeObject, pod: string, inSync: readonly string[] = []): Promise<void> => writeLease(kube, lease, pod, inSync, Number(lease.spec?.leaseTransitions ?? 0) + 1);

async function writeLease(kube: KubePort, lease: KubeObject, holder: string, inSync: readonly string[], epoch: number): Promise<void> {
  const isr = [...new Set([holder, ...inSync])];
  const config = JSON.stringify({ formatVersion: 1, isr, incarnations: Object.fromEntries(isr.map((one) => [one, 'i'])), nonce: `${holder}-${String(lease.metadata.resourceVersion)}` });
  const metadata = { ...lease.metadata, annotations: { ...lease.metadata.annotations, [annotations.config]: config } };
  await kube.replace(resourceTypes.lease, { ...lease, metadata, spec: { ...lease.spec, leaseTransitions: epoch, holderIdentity: holder } });
}

const epochs = new Map<string, number>();

function reportOf(pod: KubeObject, lease: KubeObject | undefined, revision: number | undefined): NodeStatus {
  const { name, uid = '' } = pod.metadata;
  const primary = lease === undefined ? wasReady(pod) : lease.spec?.holderIdentity === name;
  const epoch = lease === undefined ? (epochs.get(uid) ?? 0) : Number(lease.spec?.leaseTransitions);
  epochs.set(uid, epoch);
  return {
    formatVersion: 1, pod: name, podUid: uid, incarnation: 'i', version: '1.0.0', region: pod.metadata.labels?.[labels.region] ?? '', shard: Number(pod.metadata.labels?.[labels.shard]),
    role: primary ? 'primary' : 'waiting', epoch, isr: primary ? [name] : [], slotsOwned: 0, ownershipVersion: 1, keys: 10, memoryUsedBytes: 1000, memoryLimitBytes: 1e6, opsPerSecond: 0,
    ...(revision === undefined ? {} : { configRevision: String(revision) }),
  };
}
