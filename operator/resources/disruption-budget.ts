import { shardName } from '../../shared/kube/names.ts';
import type { KubeObject } from '../kube/port.ts';
import type { ClusterIntent } from './intent.ts';
import { metadataOf, selectorOf } from './metadata.ts';

/** One for each shard's set, so that no pod is ever matched by two: the eviction API answers 500 to that. */
export function disruptionBudget(intent: ClusterIntent, region: string, shard: number): KubeObject {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metadataOf(intent, shardName(intent.name, region, shard), { region, shard }),
    spec: { maxUnavailable: 1, unhealthyPodEvictionPolicy: 'IfHealthyBudget', selector: { matchLabels: selectorOf(intent, { region, shard }) } },
  };
}
