import { namespacesConfigMap, namespacesKey } from '../../shared/kube/names.ts';
import type { NamespacesPart } from '../../shared/namespaces/parts.ts';
import type { KubeObject } from '../kube/port.ts';
import type { ClusterIntent } from './intent.ts';
import { labelsOf, ownedBy } from './metadata.ts';

/** A part of what the nodes of a region are told of the cluster's namespaces, for their cold start. */
export function namespacesPart(cluster: Pick<ClusterIntent, 'name' | 'namespace' | 'uid'>, region: string, part: NamespacesPart): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: namespacesConfigMap(cluster.name, region, part.part), namespace: cluster.namespace, labels: labelsOf(cluster, { region }), ownerReferences: ownedBy(cluster) },
    data: { [namespacesKey]: JSON.stringify(part) },
  };
}
