import { keyPerSlotRange } from '../../test/clients/keys.ts';

export const journey = 'journey';
export const kept = 'kept';
export const firstRegions: readonly string[] = ['us-east-1', 'eu-west-1'];
export const addedRegion = 'ap-south-1';

/** One key for each 256th of the slots: every shard and both ends of every range are met. */
export const keysOfAllSlots: readonly string[] = keyPerSlotRange(64, 'e2e');

/**
 * Two shards in memory. The first region has copies, and keeps its keys whatever happens to one pod; the others prove that one
 * copy is enough to serve. The second region is bound to the nodes that carry its label; the others may move, so that a node can be
 * drained although each region has one.
 */
export function journeyCluster(regions: readonly string[], copies = 1): object {
  const bound = (name: string): object => (name === 'eu-west-1' ? { name, nodeSelector: { 'topology.kubernetes.io/region': name } } : { name, replicas: name === firstRegions[0] ? copies : 0 });
  return {
    apiVersion: 'meridiancache.io/v1alpha1',
    kind: 'CacheCluster',
    metadata: { name: journey, namespace: 'default' },
    spec: { shards: 2, memory: '64Mi', regions: regions.map(bound) },
  };
}

/** A cluster whose data outlives it: volumes, and a deletion policy that says so. */
export function keptCluster(annotations: Readonly<Record<string, string>> = {}): object {
  return {
    apiVersion: 'meridiancache.io/v1alpha1',
    kind: 'CacheCluster',
    metadata: { name: kept, namespace: 'default', annotations },
    spec: { shards: 2, memory: '64Mi', regions: [{ name: 'us-east-1' }], storage: { size: '1Gi' }, deletionPolicy: 'RetainData' },
  };
}
