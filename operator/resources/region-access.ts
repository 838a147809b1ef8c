import { mostNamespacesParts, namespacesConfigMap, nodeServiceAccount, shardName, slotsConfigMap, targetsConfigMap } from '../../shared/kube/names.ts';
import type { KubeObject } from '../kube/port.ts';
import type { ClusterIntent } from './intent.ts';
import { metadataOf } from './metadata.ts';

const namespacesConfigMaps = (cluster: string, region: string): readonly string[] => Array.from({ length: mostNamespacesParts }, (_, part) => namespacesConfigMap(cluster, region, part));

/** Identity of the nodes of one region. */
export function serviceAccount(intent: ClusterIntent, region: string): KubeObject {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadataOf(intent, nodeServiceAccount(intent.name, region), { region }), automountServiceAccountToken: false };
}

/**
 * What the nodes of one region may do: read and compare-and-swap their Leases and their ownership map, read their targets and the cluster's namespaces. By
 * name only; no create, list, watch or patch.
 */
export function role(intent: ClusterIntent, region: string): KubeObject {
  const leases = Array.from({ length: intent.shards }, (_, shard) => shardName(intent.name, region, shard));
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: metadataOf(intent, nodeServiceAccount(intent.name, region), { region }),
    rules: [
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], resourceNames: leases, verbs: ['get', 'update'] },
      { apiGroups: [''], resources: ['configmaps'], resourceNames: [slotsConfigMap(intent.name, region)], verbs: ['get', 'update'] },
      { apiGroups: [''], resources: ['configmaps'], resourceNames: [targetsConfigMap(intent.name, region), ...namespacesConfigMaps(intent.name, region)], verbs: ['get'] },
    ],
  };
}

export function roleBinding(intent: ClusterIntent, region: string): KubeObject {
  const name = nodeServiceAccount(intent.name, region);
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: metadataOf(intent, name, { region }),
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name, namespace: intent.namespace }],
  };
}
