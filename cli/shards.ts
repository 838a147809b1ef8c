import type { KubeObject, KubePort } from '../operator/kube/port.ts';
import { resourceTypes } from '../operator/kube/types.ts';
import { MeridianError } from '../shared/errors/meridian-error.ts';
import { leaseConfigSchema, ownershipMapSchema, type LeaseConfig } from '../shared/kube/documents.ts';
import { annotations, ownershipKey, shardName, slotsConfigMap } from '../shared/kube/names.ts';
import type { CacheClusterSpec, CacheClusterStatus } from '../shared/resources/cache-cluster/resource.ts';

export interface Cluster {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly uid?: string; readonly generation?: number; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: CacheClusterSpec;
  readonly status?: CacheClusterStatus;
}

export const asCluster = (object: KubeObject): Cluster => object as unknown as Cluster;

export async function readCluster(kube: KubePort, namespace: string, name: string): Promise<Cluster> {
  const found = await kube.get(resourceTypes.cacheCluster, namespace, name);
  if (found === undefined) throw new MeridianError('KUBE_NOT_FOUND', { kind: 'CacheCluster', name: `${namespace}/${name}` });
  return asCluster(found);
}

/** A shard as its Lease and the region's ownership map have it. */
export interface Shard {
  readonly region: string;
  readonly shard: number;
  readonly slots: number;
  readonly epoch: number | undefined;
  readonly primary: string | undefined;
  /** Undefined when the Lease is missing or makes no sense. */
  readonly config: LeaseConfig | undefined;
}

/** The shards that the cluster has, with slots or without, in order; undefined without an ownership map. */
export async function readShards(kube: KubePort, namespace: string, { metadata: { name: cluster }, status }: Cluster, region: string): Promise<readonly Shard[] | undefined> {
  const object = await kube.get(resourceTypes.configMap, namespace, slotsConfigMap(cluster, region));
  const text = object?.data?.[ownershipKey];
  if (text === undefined) return undefined;
  const owned = new Map(Array.from({ length: status?.shards ?? 0 }, (_, shard) => [shard, 0]));
  for (const range of ownershipMapSchema.parse(JSON.parse(text)).ranges) owned.set(range.shard, (owned.get(range.shard) ?? 0) + range.to - range.from + 1);
  return Promise.all([...owned].toSorted(([a], [b]) => a - b).map(async ([shard, slots]) => ({ region, shard, slots, ...(await readLease(kube, namespace, shardName(cluster, region, shard))) })));
}

export async function readLease(kube: KubePort, namespace: string, name: string): Promise<Pick<Shard, 'epoch' | 'primary' | 'config'>> {
  const lease = await kube.get(resourceTypes.lease, namespace, name);
  const spec = lease?.spec as { readonly holderIdentity?: string; readonly leaseTransitions?: number } | undefined;
  return { epoch: spec?.leaseTransitions, primary: spec?.holderIdentity || undefined, config: configOf(lease) };
}

function configOf(lease: KubeObject | undefined): LeaseConfig | undefined {
  const text = lease?.metadata.annotations?.[annotations.config];
  if (text === undefined) return undefined;
  try {
    return leaseConfigSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
