import type { CacheClusterSpec } from '../../shared/resources/cache-cluster/resource.ts';
import type { KubeObject } from '../kube/port.ts';
import type { Observed, ObservedCluster } from './observed.ts';

type Selector = NonNullable<CacheClusterSpec['allowedNamespaces']>;

/** Why the cluster does not admit this CacheNamespace; undefined when it does. */
export function refusalOf({ metadata: { namespace = '' } }: KubeObject, { object, spec }: ObservedCluster, labels: Observed['labels']): string | undefined {
  if (namespace === object.metadata.namespace) return undefined;
  const cluster = `${object.metadata.namespace}/${object.metadata.name}`;
  if (spec.allowedNamespaces === undefined) return `CacheCluster ${cluster} admits its own Kubernetes namespace only: set allowedNamespaces there so that it selects ${namespace}`;
  const known = labels.get(namespace);
  if (known === undefined) return `the labels of Kubernetes namespace ${namespace} cannot be read, so allowedNamespaces of CacheCluster ${cluster} cannot be checked: let the operator read Namespaces`;
  return selects(spec.allowedNamespaces, known) ? undefined : `allowedNamespaces of CacheCluster ${cluster} does not select Kubernetes namespace ${namespace}: label the namespace, or change the selector`;
}

/** As Kubernetes selects by labels: every requirement must hold; none selects everything. */
function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(matchLabels).every(([key, value]) => labels[key] === value) && matchExpressions.every((requirement) => holds(requirement, labels));
}

function holds({ key, operator, values = [] }: NonNullable<Selector['matchExpressions']>[number], labels: Readonly<Record<string, string>>): boolean {
  const has = Object.hasOwn(labels, key);
  switch (operator) {
    case 'In':
      return has && values.includes(labels[key]);
    case 'NotIn':
      return !has || !values.includes(labels[key]);
    case 'Exists':
      return has;
    case 'DoesNotExist':
      return !has;
  }
}
