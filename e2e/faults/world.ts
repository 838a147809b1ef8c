import type { Cluster } from '../cluster/cluster.ts';
import type { Pod } from '../cluster/objects.ts';
import { until } from '../until.ts';
import { leaseOf, podsOf } from '../world.ts';
import type { World } from '../world.ts';

export const cluster = 'faults';
export const region = 'main';
export const shardCount = 2;

export const faultsCluster = {
  apiVersion: 'meridiancache.io/v1alpha1',
  kind: 'CacheCluster',
  metadata: { name: cluster, namespace: 'default' },
  spec: { shards: shardCount, replicas: 1, memory: '64Mi', regions: [{ name: region }] },
};

export function machineOf({ machine }: World): Cluster {
  if (machine === undefined) throw new Error('faults of machines need a cluster of our own: not with E2E_CLUSTER=current');
  return machine;
}

export const podNamed = (world: World, name: string): Pod | undefined => podsOf(world, cluster, region).find((pod) => pod.metadata.name === name);
export const addressOf = (pod: Pod): string => `${pod.status.podIP}:6379`;

/** The shard has a primary and another copy in sync, in pods that Kubernetes calls ready. Returns the primary's pod. */
export const settled = (world: World, shard: number): Promise<Pod> =>
  until(`shard ${shard} to have two copies in sync`, () => {
    const { primary, inSync } = leaseOf(world, `${cluster}-${region}-s${shard}`);
    const pods = podsOf(world, cluster, region).filter((pod) => inSync.includes(pod.metadata.name) && pod.metadata.deletionTimestamp === undefined && pod.status.containerStatuses?.every(({ ready }) => ready));
    return inSync.length === 2 && pods.length === 2 ? pods.find((pod) => pod.metadata.name === primary) : undefined;
  }, 240_000);

/** `p50 94 ms, p99 603 ms, most 610 ms`. */
export function spread(durationsMs: readonly number[]): string {
  const sorted = durationsMs.toSorted((a, b) => a - b);
  const at = (share: number): string => `${Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))])} ms`;
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, most ${Math.round(sorted[sorted.length - 1])} ms`;
}
