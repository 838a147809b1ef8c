import type { NodeConfig, OwnershipMap, Targets } from '../../shared/kube/documents.ts';
import { nodeConfigKey, nodeConfigMap, ownershipKey, slotsConfigMap, targetsConfigMap, targetsKey } from '../../shared/kube/names.ts';
import type { KubeObject, ObjectMeta } from '../kube/port.ts';
import type { ClusterIntent, RegionIntent } from './intent.ts';
import { metadataOf, retainableMetadataOf } from './metadata.ts';

const configMap = (metadata: ObjectMeta, key: string, document: unknown): KubeObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { [key]: JSON.stringify(document) } });

/** P10. A region with fewer copies than the rest must not refuse every write for it. */
const minInSyncOf = (intent: ClusterIntent, region: RegionIntent): number => Math.min(intent.minInSync ?? (region.replicas >= 2 ? 2 : 1), region.replicas + 1);

/** node.json of one region, without its revision. `memoryBytes` is what the running containers have room for, which trails the spec while they are resized. */
export function nodeConfigDocument(intent: ClusterIntent, region: RegionIntent, memoryBytes: number): NodeConfig {
  return {
    formatVersion: 1,
    cluster: intent.name,
    clusterUid: intent.uid,
    namespace: intent.namespace,
    region: region.name,
    regions: intent.regions.map(({ name }) => name),
    shards: intent.shards,
    replicas: region.replicas,
    memoryBytes,
    eviction: intent.eviction,
    acknowledge: intent.acknowledge,
    minInSync: minInSyncOf(intent, region),
    fastFailover: intent.fastFailover,
    emptyShardAfterMs: intent.emptyShardAfterMs,
    announce: intent.announce,
    authEnabled: intent.auth.enabled,
  };
}

export function nodeConfig(intent: ClusterIntent, region: string, document: NodeConfig): KubeObject {
  return configMap(metadataOf(intent, nodeConfigMap(intent.name, region), { region }), nodeConfigKey, document);
}

/** Which shard is to own a slot. */
export function targets(intent: ClusterIntent, region: string, document: Targets): KubeObject {
  return configMap(metadataOf(intent, targetsConfigMap(intent.name, region), { region }), targetsKey, document);
}

/** The ownership map as it is born: POSTed once, then the nodes'. */
export function firstOwnershipMap(intent: ClusterIntent, region: string, ranges: Targets['ranges']): KubeObject {
  return ownershipMap(intent, region, {
    formatVersion: 1,
    version: 1,
    ranges: ranges.map(({ from, to, shard }) => ({ from, to, shard, generation: 1 })),
    moves: [],
  });
}

export function ownershipMap(intent: ClusterIntent, region: string, document: OwnershipMap): KubeObject {
  return configMap(retainableMetadataOf(intent, slotsConfigMap(intent.name, region), { region }), ownershipKey, document);
}
