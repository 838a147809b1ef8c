import { podName, shardName } from '../../shared/kube/names.ts';
import type { NodeStatus } from '../../shared/admin/contract.ts';
import { copiesInSyncOf, primaryOf } from '../actions/execute.ts';
import type { KubeObject } from '../kube/port.ts';
import type { ClusterIntent } from '../resources/intent.ts';
import { epochOf } from './lease-sense.ts';
import { classify, objectId, specOf, type Observed } from './observed.ts';
import { ownershipOf } from './slots.ts';

export interface ShardHealth {
  /** Also the name of its Lease and StatefulSet. */
  readonly name: string;
  readonly region: string;
  readonly shard: number;
  readonly epoch: number | undefined;
  /** The pod that the Lease names. */
  readonly primary: string | undefined;
  /** Clients have keys in it: one that is started for later, or about to go, is missed by nobody. */
  readonly ownsSlots: boolean;
  /** The primary's pod is there and ready: clients are served. */
  readonly served: boolean;
  readonly podsWanted: number;
  readonly podsRunning: number;
  /** Copies beside the primary that run and are in the Lease's in-sync set. */
  readonly copiesInSync: number;
  /** The other ones: not started, away, or still without all data. */
  readonly copiesMissing: readonly { readonly pod: string; readonly running: boolean }[];
}

/** What there is of every shard of every region of the spec. */
export function shardsOf(observed: Observed, intent: ClusterIntent): readonly ShardHealth[] {
  const owners = new Map(intent.regions.map(({ name }) => [name, shardsWithSlots(observed, intent, name)]));
  const pods = new Map(observed.pods.map((pod) => [pod.metadata.name, pod]));
  return intent.regions.flatMap((region) => Array.from({ length: intent.shards }, (_, shard) => ({ ...healthOf(observed, intent, region.name, region.replicas, shard, pods), ownsSlots: owners.get(region.name)?.has(shard) ?? true })));
}

/** By the ownership map, with those that slots are on their way from; undefined while there is no map: then every shard counts. */
function shardsWithSlots(observed: Observed, intent: ClusterIntent, region: string): ReadonlySet<number> | undefined {
  const map = ownershipOf(observed, intent, region);
  return map && new Set([...map.ranges.map(({ shard }) => shard), ...map.moves.map(({ source }) => source)]);
}

function healthOf(observed: Observed, intent: ClusterIntent, region: string, replicas: number, shard: number, pods: ReadonlyMap<string, KubeObject>): Omit<ShardHealth, 'ownsSlots'> {
  const name = shardName(intent.name, region, shard);
  const found = classify(observed.objects.get(objectId('Lease', name)), intent);
  const lease = found.kind === 'ours' ? found.object : undefined;
  const primary = lease && primaryOf(lease);
  const names = Array.from({ length: 1 + replicas }, (_, index) => podName(intent.name, region, shard, index));
  const running = names.filter((pod) => isRunning(pods.get(pod)));
  const inSync = lease && primary !== undefined ? copiesInSyncOf(lease) : undefined;
  const copies = names.filter((pod) => pod !== primary);
  // A Lease that makes no sense says nothing of copies: then readiness, which the nodes mean the same by.
  const counts = (pod: string): boolean => running.includes(pod) && (inSync?.includes(pod) ?? (isReady(pods.get(pod)) && holdsData(observed.reports.get(pod))));
  return {
    name,
    region,
    shard,
    epoch: lease && epochOf(lease),
    primary,
    served: primary !== undefined && isReady(pods.get(primary)),
    podsWanted: names.length,
    podsRunning: running.length,
    copiesInSync: copies.filter(counts).length,
    copiesMissing: copies.slice(0, names.length - 1).filter((pod) => !counts(pod)).map((pod) => ({ pod, running: running.includes(pod) })),
  };
}

/** Pods of the cluster that neither the spec nor their set has a place for (any more). */
export function superfluousPods(observed: Observed, intent: ClusterIntent): number {
  const asked = (pod: string): boolean => {
    const dash = pod.lastIndexOf('-');
    const set = observed.objects.get(objectId('StatefulSet', pod.slice(0, dash)));
    return set !== undefined && Number(pod.slice(dash + 1)) < Number(specOf(set).replicas ?? 1);
  };
  const wanted = new Set(intent.regions.flatMap((region) => Array.from({ length: intent.shards }, (_, shard) => Array.from({ length: 1 + region.replicas }, (__, index) => podName(intent.name, region.name, shard, index)))).flat());
  return observed.pods.filter(({ metadata }) => !wanted.has(metadata.name) && (metadata.deletionTimestamp !== undefined || !asked(metadata.name))).length;
}

/** Ready means in the in-sync set; a node that says that it waits or syncs holds no data that counts. */
const holdsData = (report: NodeStatus | undefined): boolean => report === undefined || report.role === 'replica' || report.role === 'primary';

export function isRunning(pod: KubeObject | undefined): boolean {
  return pod !== undefined && pod.metadata.deletionTimestamp === undefined && pod.status?.phase === 'Running';
}

export function isReady(pod: KubeObject | undefined): boolean {
  const conditions = pod?.status?.conditions as readonly { readonly type: string; readonly status: string }[] | undefined;
  return isRunning(pod) && (conditions ?? []).some((condition) => condition.type === 'Ready' && condition.status === 'True');
}
