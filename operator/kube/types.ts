import { apiGroup, apiVersion } from '../../shared/kube/names.ts';
import type { ResourceType } from './port.ts';

const namespaced = (group: string, version: string, plural: string, kind: string): ResourceType => ({ group, version, plural, kind, namespaced: true });

/** Every resource type that Meridian reads or writes. */
export const resourceTypes = {
  cacheCluster: namespaced(apiGroup, apiVersion, 'cacheclusters', 'CacheCluster'),
  cacheNamespace: namespaced(apiGroup, apiVersion, 'cachenamespaces', 'CacheNamespace'),
  pod: namespaced('', 'v1', 'pods', 'Pod'),
  service: namespaced('', 'v1', 'services', 'Service'),
  configMap: namespaced('', 'v1', 'configmaps', 'ConfigMap'),
  secret: namespaced('', 'v1', 'secrets', 'Secret'),
  serviceAccount: namespaced('', 'v1', 'serviceaccounts', 'ServiceAccount'),
  persistentVolumeClaim: namespaced('', 'v1', 'persistentvolumeclaims', 'PersistentVolumeClaim'),
  node: { group: '', version: 'v1', plural: 'nodes', kind: 'Node', namespaced: false },
  namespace: { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false },
  event: namespaced('events.k8s.io', 'v1', 'events', 'Event'),
  statefulSet: namespaced('apps', 'v1', 'statefulsets', 'StatefulSet'),
  podDisruptionBudget: namespaced('policy', 'v1', 'poddisruptionbudgets', 'PodDisruptionBudget'),
  lease: namespaced('coordination.k8s.io', 'v1', 'leases', 'Lease'),
  role: namespaced('rbac.authorization.k8s.io', 'v1', 'roles', 'Role'),
  roleBinding: namespaced('rbac.authorization.k8s.io', 'v1', 'rolebindings', 'RoleBinding'),
  /** Of the Prometheus operator: not every Kubernetes cluster has it. */
  serviceMonitor: namespaced('monitoring.coreos.com', 'v1', 'servicemonitors', 'ServiceMonitor'),
  networkPolicy: namespaced('networking.k8s.io', 'v1', 'networkpolicies', 'NetworkPolicy'),
} as const satisfies Record<string, ResourceType>;
