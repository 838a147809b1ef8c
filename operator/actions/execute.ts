import { assertNever } from '../../shared/assert/never.ts';
import type { LiveConfig } from '../../shared/admin/contract.ts';
import { leaseConfigSchema, type LeaseConfig } from '../../shared/kube/documents.ts';
import { annotations, clusterFinalizer, fieldManager } from '../../shared/kube/names.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { KubeError, type KubeObject, type KubePort } from '../kube/port.ts';
import { resourceTypes } from '../kube/types.ts';
import type { Expectations } from '../runtime/expectations.ts';
import type { Action, Guard } from './action.ts';

export interface ExecuteOptions {
  readonly kube: KubePort;
  readonly ports: Pick<Ports, 'random'>;
  readonly expectations: Pick<Expectations, 'wrote' | 'deleted'>;
  readonly nodes: NodeCalls;
  /** Key of work that the writes belong to. */
  readonly owner: string;
  readonly dryRun?: boolean;
}

/** What a pass asks of nodes. What they answer, or that they do not, is for the next observation to see. */
export interface NodeCalls {
  switchover(pod: KubeObject, to: string): Promise<void>;
  configure(pod: KubeObject, config: LiveConfig): Promise<void>;
  retarget(pod: KubeObject): Promise<void>;
  hibernate(pod: KubeObject, on: boolean): Promise<void>;
}

export type Executed =
  | { readonly kind: 'done'; readonly writes: number }
  /** The world is not as it was observed: look again. */
  | { readonly kind: 'outdated'; readonly writes: number; readonly message: string }
  /** A disruption budget forbids it for now. */
  | { readonly kind: 'held'; readonly writes: number; readonly message: string }
  /** The API server will refuse it again: for people to see. */
  | { readonly kind: 'refused'; readonly writes: number; readonly message: string };

/** The only writer of a pass: actions in order, up to the first that does not succeed. Faults of the connection are thrown. */
export async function execute(actions: readonly Action[], options: ExecuteOptions): Promise<Executed> {
  let writes = 0;
  for (const action of actions) {
    try {
      if (!(await run(action, options))) return { kind: 'outdated', writes, message: `what ${action.kind} was decided on has changed` };
      writes += 1;
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
      if (isOutdated(error)) return { kind: 'outdated', writes, message: error.message };
      if (action.kind === 'evict' && error.code === 429) return { kind: 'held', writes, message: error.message };
      if (!refusals.has(error.code)) throw error;
      return { kind: 'refused', writes, message: error.message };
    }
  }
  return { kind: 'done', writes };
}

/** Asking again changes nothing about these: not valid, not allowed, no such type. */
/** An apply or patch that names the UID of an object made anew since is answered as a change of an immutable field; only a PUT gets 409. */
const isOutdated = (error: KubeError): boolean => error.code === 409 || (error.code === 422 && /metadata\.uid\b.*field is immutable/s.test(error.message));

const refusals: ReadonlySet<number> = new Set([400, 403, 404, 405, 422]);

/** False when the object is no longer what the action was meant for. */
async function run(action: Action, options: ExecuteOptions): Promise<boolean> {
  const { kube, expectations, owner, dryRun } = options;
  const write = { dryRun, fieldManager };
  switch (action.kind) {
    case 'apply': {
      if (action.guard && !(await holds(kube, action.object.metadata.namespace, action.guard))) return false;
      const object = action.uid === undefined ? action.object : { ...action.object, metadata: { ...action.object.metadata, uid: action.uid } };
      expectations.wrote(owner, action.type, await kube.apply(action.type, object, { ...write, force: action.uid !== undefined }));
      return true;
    }
    case 'create':
      expectations.wrote(owner, action.type, await kube.create(action.type, action.object, write));
      return true;
    case 'create-secret': {
      const object = action.build(options.ports.random.bytes(action.randomBytes));
      expectations.wrote(owner, resourceTypes.secret, await kube.create(resourceTypes.secret, object, write));
      return true;
    }
    case 'replace':
      expectations.wrote(owner, action.type, await kube.replace(action.type, action.object, write));
      return true;
    case 'patch-metadata': {
      const { namespace, name, uid } = action.object.metadata;
      const metadata = { uid, labels: action.metadata.labels, ownerReferences: action.metadata.ownerReferences ?? null };
      expectations.wrote(owner, action.type, await kube.patch(action.type, namespace, name, { metadata }, write));
      return true;
    }
    case 'delete':
      return await remove(action, options);
    case 'hold':
    case 'release':
    case 'retain-claims':
      return await leave(action, options);
    case 'grow-claim': {
      const { namespace, name, uid } = action.object.metadata;
      const spec = { resources: { requests: { storage: action.storage } } };
      expectations.wrote(owner, resourceTypes.persistentVolumeClaim, await kube.patch(resourceTypes.persistentVolumeClaim, namespace, name, { metadata: { uid }, spec }, write));
      return true;
    }
    case 'evict':
      return await evict(action, options);
    case 'resize': {
      const { namespace, name, uid } = action.object.metadata;
      const containers = [{ name: 'node', resources: action.resources }];
      expectations.wrote(owner, resourceTypes.pod, await kube.apply(resourceTypes.pod, { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name, uid }, spec: { containers } }, { ...write, subresource: 'resize', force: true }));
      return true;
    }
    case 'switchover':
      if (!dryRun) await options.nodes.switchover(action.object, action.to);
      return true;
    case 'retarget':
      if (!dryRun) await options.nodes.retarget(action.object);
      return true;
    case 'hibernate':
      if (!dryRun) await options.nodes.hibernate(action.object, action.on);
      return true;
    case 'configure':
      if (!dryRun) await options.nodes.configure(action.object, action.config);
      return true;
    default:
      return assertNever(action, 'action');
  }
}

async function remove(action: Extract<Action, { kind: 'delete' }>, { kube, expectations, owner, dryRun }: ExecuteOptions): Promise<boolean> {
  const { namespace, name, uid } = action.object.metadata;
  if (action.guard && !(await holds(kube, namespace, action.guard))) return false;
  const live = await kube.get(action.type, namespace, name);
  if (live && live.metadata.uid !== uid) return false;
  const how = action.atOnce === true ? { gracePeriodSeconds: 0 } : {};
  if (live && (await kube.delete(action.type, namespace, name, { uid, propagationPolicy: action.orphan === true ? 'Orphan' : 'Background', dryRun, ...how }))) expectations.deleted(owner, action.type, live);
  return true;
}

/** What has to do with the end of a cluster. */
async function leave(action: Extract<Action, { kind: 'hold' | 'release' | 'retain-claims' }>, { kube, expectations, owner, dryRun }: ExecuteOptions): Promise<boolean> {
  const write = { dryRun, fieldManager };
  const { apiVersion, kind, metadata } = action.object;
  const { namespace, name, uid, resourceVersion, finalizers = [] } = metadata;
  if (action.kind === 'retain-claims') {
    const spec = { persistentVolumeClaimRetentionPolicy: { whenScaled: 'Retain', whenDeleted: action.whenDeleted } };
    expectations.wrote(owner, resourceTypes.statefulSet, await kube.patch(resourceTypes.statefulSet, namespace, name, { metadata: { uid }, spec }, write));
  } else if (action.kind === 'hold') {
    const held = { apiVersion, kind, metadata: { namespace, name, uid, finalizers: [clusterFinalizer] } };
    expectations.wrote(owner, resourceTypes.cacheCluster, await kube.apply(resourceTypes.cacheCluster, held, { ...write, force: true }));
  } else {
    const left = finalizers.filter((one) => one !== clusterFinalizer);
    await kube.patch(resourceTypes.cacheCluster, namespace, name, { metadata: { uid, resourceVersion, finalizers: left.length > 0 ? left : null } }, write);
  }
  return true;
}

async function evict({ object, guard }: Extract<Action, { kind: 'evict' }>, { kube, expectations, owner, dryRun }: ExecuteOptions): Promise<boolean> {
  const { namespace = '', name, uid } = object.metadata;
  if (guard && !(await holds(kube, namespace, guard))) return false;
  const live = await kube.get(resourceTypes.pod, namespace, name);
  if (live === undefined || live.metadata.uid !== uid || live.metadata.deletionTimestamp !== undefined) return false;
  await kube.evict(namespace, name, { uid, dryRun });
  expectations.deleted(owner, resourceTypes.pod, live);
  return true;
}

async function holds(kube: KubePort, namespace: string | undefined, guard: Guard): Promise<boolean> {
  const lease = await kube.get(resourceTypes.lease, namespace, guard.lease);
  if (lease === undefined || guard.notHeldBy.includes(primaryOf(lease) ?? '')) return false;
  if (guard.sealed !== undefined && guard.sealed !== sealedIn(lease)) return false;
  if (guard.notInSync === undefined && guard.inSync === undefined) return true;
  const inSync = copiesInSyncOf(lease);
  return inSync !== undefined && !guard.notInSync?.some((pod) => inSync.includes(pod)) && (guard.inSync ?? []).every((pod) => inSync.includes(pod));
}

/** The in-sync set of a shard's Lease, its primary included; undefined when the Lease makes no sense. */
export const copiesInSyncOf = (lease: KubeObject): readonly string[] | undefined => configOf(lease)?.isr;

/** Snapshot that a shard's Lease names: its primary has stopped writes since. */
export const sealedIn = (lease: KubeObject): string | undefined => configOf(lease)?.sealed;

function configOf(lease: KubeObject): LeaseConfig | undefined {
  try {
    return leaseConfigSchema.parse(JSON.parse(lease.metadata.annotations?.[annotations.config] ?? ''));
  } catch {
    return undefined;
  }
}

/** The pod that a shard's Lease names (B3). */
export function primaryOf(lease: KubeObject): string | undefined {
  const holder = lease.spec?.holderIdentity;
  return typeof holder === 'string' && holder !== '' ? holder : undefined;
}
