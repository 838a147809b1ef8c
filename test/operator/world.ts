import type { NodeStatus } from '../../shared/admin/contract.ts';
import type { OwnershipMap, Targets } from '../../shared/kube/documents.ts';
import { annotations, clusterFinalizer, labels, podName } from '../../shared/kube/names.ts';
import { countSlots } from '../../shared/slots/ranges.ts';
import { isIrreversible, type Action } from '../../operator/actions/action.ts';
import type { KubeObject } from '../../operator/kube/port.ts';
import { objectId, regionOf, shardOf, specOf, type Observed, type Settings } from '../../operator/cluster/observed.ts';
import { plan, type Plan } from '../../operator/cluster/plan.ts';
import { nextStatus } from '../../operator/cluster/status.ts';
import { hashOf } from '../../operator/resources/canonical.ts';
import { ownersOf, rangesOf } from '../../operator/resharding/owners.ts';

export const settings: Settings = { defaultImage: 'registry.example/meridian:1.0.0', authByDefault: true, operatorNamespace: 'meridian-system', operatorVersion: '1.0.0' };

export function cacheCluster(spec: Record<string, unknown> = {}, metadata: Partial<KubeObject['metadata']> = {}): KubeObject {
  return {
    apiVersion: 'meridiancache.io/v1alpha1',
    kind: 'CacheCluster',
    metadata: { name: 'demo', namespace: 'apps', uid: 'uid-demo', generation: 1, ...metadata },
    spec: { memory: '128Mi', regions: [{ name: 'east' }], ...spec },
  };
}

/** A cluster and its objects as plain data, with just enough of Kubernetes and of the nodes to bring a plan to rest. */
export interface World {
  cluster: KubeObject;
  readonly objects: Map<string, KubeObject>;
  pods: KubeObject[];
  readonly reports: Map<string, NodeStatus>;
  nowMs: number;
  unseenWrites: number;
  machines?: ReadonlyMap<string, KubeObject>;
  refusal?: string;
  /** Whether the Prometheus operator's types are installed. */
  monitorsThere?: boolean;
}

export function createWorld(cluster: KubeObject = cacheCluster()): World {
  return { cluster, objects: new Map(), pods: [], reports: new Map(), nowMs: Date.parse('2026-11-21T06:00:00Z'), unseenWrites: 0 };
}

export const observedOf = (world: World): Observed => ({ ...world, objects: new Map(world.objects), pods: world.pods.filter((pod) => pod.metadata.labels?.[labels.clusterUid] === world.cluster.metadata.uid), earlierPods: world.pods.filter((pod) => pod.metadata.labels?.[labels.clusterUid] !== world.cluster.metadata.uid), reports: new Map(world.reports), settings });

export const find = (world: World, kind: string, name: string): KubeObject => {
  const object = world.objects.get(objectId(kind, name));
  if (!object) throw new Error(`no ${kind} ${name}; there are ${[...world.objects.keys()].join(', ')}`);
  return object;
};

let serial = 0;
const made = (object: KubeObject): KubeObject => structuredClone({ ...object, metadata: { ...object.metadata, uid: object.metadata.uid ?? `uid-${(serial += 1)}`, resourceVersion: String((serial += 1)) } });

export function carryOut(world: World, actions: readonly Action[]): void {
  for (const action of actions) {
    const { metadata } = action.kind === 'create-secret' ? { metadata: { name: '', uid: undefined } } : action.object;
    if (action.kind === 'delete' && action.type.kind === 'Pod') world.pods = world.pods.filter((pod) => pod.metadata.name !== metadata.name);
    else if (action.kind === 'grow-claim') world.objects.set(objectId('PersistentVolumeClaim', metadata.name), { ...action.object, spec: { ...action.object.spec, resources: { requests: { storage: action.storage } } } });
    else if (action.kind === 'evict') world.pods = world.pods.filter((pod) => pod.metadata.uid !== metadata.uid);
    else if (action.kind === 'resize') world.pods = world.pods.map((pod) => (pod.metadata.uid === metadata.uid ? withResources(pod, action.resources) : pod));
    else if (action.kind === 'hold') world.cluster = { ...world.cluster, metadata: { ...world.cluster.metadata, finalizers: [clusterFinalizer] } };
    else if (action.kind === 'release') world.cluster = { ...world.cluster, metadata: { ...world.cluster.metadata, finalizers: undefined } };
    else if (action.kind === 'retain-claims') world.objects.set(objectId('StatefulSet', metadata.name), { ...action.object, spec: { ...action.object.spec, persistentVolumeClaimRetentionPolicy: { whenScaled: 'Retain', whenDeleted: action.whenDeleted } } });
    else if (action.kind === 'delete') world.objects.delete(objectId(action.object.kind, metadata.name));
    else if (action.kind === 'switchover') takeLease(world, find(world, 'Lease', metadata.name.replace(/-\d+$/, '')), action.to);
    else if (action.kind === 'configure') world.reports.set(metadata.name, { ...(world.reports.get(metadata.name) as NodeStatus), configRevision: String(action.config.revision) });
    else if (action.kind !== 'retarget') put(world, action);
  }
}

function withResources(pod: KubeObject, resources: unknown): KubeObject {
  const [container] = (pod.spec?.containers ?? []) as Record<string, unknown>[];
  return { ...pod, spec: { ...pod.spec, containers: [{ ...container, resources }] } };
}

/** As its controller would name it. */
const revised = (object: KubeObject): KubeObject => (object.kind === 'StatefulSet' ? { ...object, status: { updateRevision: hashOf(specOf(object).template) } } : object);

function put(world: World, action: Exclude<Action, { kind: 'delete' | 'grow-claim' | 'evict' | 'resize' | 'switchover' | 'configure' | 'retarget' | 'hold' | 'release' | 'retain-claims' }>): void {
  const object = action.kind === 'create-secret' ? action.build(new Uint8Array(action.randomBytes).fill(7)) : action.object;
  const id = objectId(object.kind, object.metadata.name);
  const before = world.objects.get(id);
  if (action.kind === 'patch-metadata' && before) world.objects.set(id, made({ ...before, metadata: { ...before.metadata, ...action.metadata } }));
  else if (action.kind === 'create' && before) throw new Error(`${id} exists`);
  else world.objects.set(id, made(revised({ ...object, metadata: { ...object.metadata, uid: before?.metadata.uid } })));
}

/** What the StatefulSet controller, kubelets and nodes do: pods of every set run, the first takes the Lease, copies wait. */
export function runPods(world: World): void {
  const sets = [...world.objects.values()].filter((object) => object.kind === 'StatefulSet');
  world.pods = sets.flatMap((set) => podsOf(world, set));
  const names = new Set(world.pods.map((pod) => pod.metadata.name));
  for (const name of world.reports.keys()) if (!names.has(name)) world.reports.delete(name);
}

function podsOf(world: World, set: KubeObject): KubeObject[] {
  const region = regionOf(set) ?? '';
  const shard = shardOf(set) ?? 0;
  const lease = world.objects.get(objectId('Lease', set.metadata.name));
  if (!lease) return [];
  const names = Array.from({ length: Number(specOf(set).replicas) }, (_, index) => podName(world.cluster.metadata.name, region, shard, index));
  const holder = specOf(lease).holderIdentity as string | undefined;
  const primary = holder !== undefined && names.includes(holder) ? holder : names[0];
  if (primary !== undefined && primary !== holder) takeLease(world, lease, primary);
  return names.map((name) => podOf(world, set, name, name === primary, region, shard));
}

function takeLease(world: World, lease: KubeObject, primary: string): void {
  const epoch = Number(specOf(lease).leaseTransitions) + 1;
  const config = JSON.stringify({ formatVersion: 1, isr: [primary], incarnations: { [primary]: 'i1' }, nonce: 'n' });
  const metadata = { ...lease.metadata, annotations: { ...lease.metadata.annotations, [annotations.config]: config } };
  world.objects.set(objectId('Lease', lease.metadata.name), made({ ...lease, metadata, spec: { ...lease.spec, leaseTransitions: epoch, holderIdentity: primary } }));
}

function podOf(world: World, set: KubeObject, name: string, primary: boolean, region: string, shard: number): KubeObject {
  const before = world.pods.find((pod) => pod.metadata.name === name);
  const template = specOf(set).template as { metadata: KubeObject['metadata']; spec: Record<string, unknown> };
  const uid = before?.metadata.uid ?? `uid-${(serial += 1)}`;
  const lease = find(world, 'Lease', set.metadata.name);
  const epoch = Number(specOf(lease).leaseTransitions);
  const configRevision = world.reports.get(name)?.configRevision;
  world.reports.set(name, {
    formatVersion: 1, pod: name, podUid: uid, incarnation: 'i1', version: '1.0.0', region, shard, role: primary ? 'primary' : 'waiting', epoch, primary: String(specOf(lease).holderIdentity),
    isr: [String(specOf(lease).holderIdentity)], ...ownedIn(world, region, shard, primary), keys: 1234, memoryUsedBytes: 5678, memoryLimitBytes: 1e6, opsPerSecond: 0,
    ...(configRevision === undefined ? {} : { configRevision }),
  });
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...template.metadata, name, namespace: set.metadata.namespace, uid, annotations: before?.metadata.annotations ?? template.metadata.annotations, labels: { ...template.metadata.labels, 'controller-revision-hash': before?.metadata.labels?.['controller-revision-hash'] ?? String(set.status?.updateRevision), [labels.clusterUid]: world.cluster.metadata.uid ?? '' } },
    spec: before?.spec ?? template.spec,
    status: { phase: 'Running', podIP: '10.0.0.1', conditions: [{ type: 'Ready', status: primary ? 'True' : 'False' }] },
  };
}

function ownedIn(world: World, region: string, shard: number, primary: boolean): Pick<NodeStatus, 'slotsOwned' | 'ownershipVersion' | 'moves' | 'targetsGeneration'> {
  const map = mapOf(world, region);
  if (!map) return { slotsOwned: 0, ownershipVersion: 1 };
  return { slotsOwned: primary ? countSlots(map.ranges.filter((range) => range.shard === shard)) : 0, ownershipVersion: map.version, ...(primary ? { moves: [] } : {}), targetsGeneration: targetsOf(world, region)?.generation };
}

export const mapOf = (world: World, region: string): OwnershipMap | undefined => documentOf(world, `demo-${region}-slots`, 'map.json') as OwnershipMap | undefined;
export const targetsOf = (world: World, region: string): Targets | undefined => documentOf(world, `demo-${region}-targets`, 'targets.json') as Targets | undefined;

function documentOf(world: World, name: string, key: string): unknown {
  const text = world.objects.get(objectId('ConfigMap', name))?.data?.[key];
  return text === undefined ? undefined : JSON.parse(text);
}

/** What the nodes of a region do with their targets: the first so many slots that are elsewhere go where they belong. */
export function moveSlots(world: World, region: string, most: number): void {
  const [map, wanted] = [mapOf(world, region), targetsOf(world, region)];
  if (!map || !wanted) throw new Error(`no slots in ${region}`);
  const owners = ownersOf(map.ranges);
  let left = most;
  for (const { from, to, shard } of wanted.ranges) for (let slot = from; slot <= to && left > 0; slot += 1) if (owners[slot] !== shard) [owners[slot], left] = [shard, left - 1];
  const next: OwnershipMap = { ...map, version: map.version + 1, ranges: rangesOf(owners).map((range) => ({ ...range, generation: map.version + 1 })) };
  const object = find(world, 'ConfigMap', `demo-${region}-slots`);
  world.objects.set(objectId('ConfigMap', object.metadata.name), made({ ...object, data: { 'map.json': JSON.stringify(next) } }));
}

/** One pass, status included. */
export function pass(world: World): Plan {
  const observed = observedOf(world);
  const planned = plan(observed);
  if (planned.actions.filter(isIrreversible).length > 1) throw new Error('more than one irreversible action in a pass');
  carryOut(world, planned.actions);
  const status = nextStatus(observed, planned, { gaugesDue: true });
  if (status) world.cluster = { ...world.cluster, status };
  return planned;
}

/** Passes until nothing is done any more; every set's pods run. */
export function settle(world: World): Plan {
  for (let round = 0; round < 60; round += 1) {
    const status = JSON.stringify(world.cluster.status);
    const planned = pass(world);
    runPods(world);
    if (planned.actions.length === 0 && JSON.stringify(world.cluster.status) === status) return planned;
    world.nowMs += 1000;
  }
  throw new Error('never comes to rest');
}

export function condition(world: World, type: string): { status: string; reason: string; message: string } {
  const conditions = (world.cluster.status?.conditions ?? []) as { type: string; status: string; reason: string; message: string }[];
  const one = conditions.find((candidate) => candidate.type === type);
  if (!one) throw new Error(`no condition ${type}`);
  return one;
}

export function edit(world: World, spec: Record<string, unknown>, metadata: Partial<KubeObject['metadata']> = {}): void {
  world.cluster = { ...world.cluster, metadata: { ...world.cluster.metadata, generation: (world.cluster.metadata.generation ?? 1) + 1, ...metadata }, spec: { ...world.cluster.spec, ...spec } };
}
