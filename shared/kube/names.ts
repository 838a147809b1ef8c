/** Names of the objects of a cluster: promises of interfaces.md and architecture.md, written once. */
export const apiGroup = 'meridiancache.io';
export const apiVersion = 'v1alpha1';
export const fieldManager = 'meridian-operator';
/**
 * On every CacheCluster before anything of it is made. Garbage collection goes by owner references, which follow a change of
 * spec.deletionPolicy a moment later; a deletion that comes within that moment must wait for them (docs/adr/0005).
 */
export const clusterFinalizer = `${apiGroup}/cleanup`;

export const regionPrefix = (cluster: string, region: string): string => `${cluster}-${region}`;
/** StatefulSet, PodDisruptionBudget and Lease of one shard in one region. */
export const shardName = (cluster: string, region: string, shard: number): string => `${cluster}-${region}-s${shard}`;
export const podName = (cluster: string, region: string, shard: number, index: number): string => `${shardName(cluster, region, shard)}-${index}`;
/** Client Service (redis and http). */
export const clientService = regionPrefix;
/** Headless Service; it publishes addresses of pods that are not ready. */
export const nodesService = (cluster: string, region: string): string => `${cluster}-${region}-nodes`;
/** ConfigMap: ownership map. */
export const slotsConfigMap = (cluster: string, region: string): string => `${cluster}-${region}-slots`;
/** ConfigMap: which shard is to own a slot. */
export const targetsConfigMap = (cluster: string, region: string): string => `${cluster}-${region}-targets`;
/** ConfigMaps: parts of the document of the cluster's namespaces (shared/namespaces). */
export const namespacesConfigMap = (cluster: string, region: string, part: number): string => `${cluster}-${region}-namespaces${part === 0 ? '' : `-${part}`}`;
/** The document of namespaces has at most so many parts; nodes may read these ConfigMaps by name. */
export const mostNamespacesParts = 8;
/** ConfigMap: the node's mounted configuration. */
export const nodeConfigMap = (cluster: string, region: string): string => `${cluster}-${region}-config`;
/** ServiceAccount, Role and RoleBinding of the nodes of one region. */
export const nodeServiceAccount = (cluster: string, region: string): string => `${cluster}-${region}-node`;
/** Secret: `users.acl` and `default-password`. */
export const authSecret = (cluster: string): string => `${cluster}-auth`;
/** ServiceMonitor. */
export const serviceMonitorName = (cluster: string): string => `${cluster}-metrics`;
/** Secret: `bus-key` (64 hex digits) and, while rotating, `bus-key-previous`. */
export const busSecret = (cluster: string): string => `${cluster}-bus`;

export const labels = {
  name: 'app.kubernetes.io/name',
  instance: 'app.kubernetes.io/instance',
  managedBy: 'app.kubernetes.io/managed-by',
  cluster: `${apiGroup}/cluster`,
  clusterUid: `${apiGroup}/cluster-uid`,
  region: `${apiGroup}/region`,
  shard: `${apiGroup}/shard`,
} as const;

export const annotations = {
  templateHash: `${apiGroup}/template-hash`,
  /** Hash of the object as the operator last applied it: tells a change of ours from drift. */
  appliedHash: `${apiGroup}/applied-hash`,
  approve: `${apiGroup}/approve`,
  cancel: `${apiGroup}/cancel`,
  rebalance: `${apiGroup}/rebalance`,
  reconcile: `${apiGroup}/reconcile`,
  adopt: `${apiGroup}/adopt`,
  /** Local mode, on a pod: JSON {redis, http, bus, metrics, admin}, the ports that its process really has. */
  ports: `${apiGroup}/ports`,
  /** JSON of LeaseConfig on the shard's Lease (data-plane.md B3). */
  config: `${apiGroup}/config`,
} as const;

export const ports = { redis: 6379, redisTls: 6380, http: 8080, https: 8443, bus: 7946, metrics: 9090, admin: 9091 } as const;

/** Where the node's volumes are mounted in a pod; local mode gives other folders by MERIDIAN_CONFIG_DIR and MERIDIAN_AUTH_DIR. */
export const mounts = { config: '/etc/meridian/config', auth: '/etc/meridian/auth', bus: '/etc/meridian/bus', data: '/data' } as const;
/** Key of the node config ConfigMap, and so the file's name below mounts.config. */
export const nodeConfigKey = 'node.json';
/** Key of the ownership map ConfigMap. */
export const ownershipKey = 'map.json';
/** Key of a ConfigMap with a part of the namespaces document. */
export const namespacesKey = 'namespaces.json';
/** Key of the targets ConfigMap. */
export const targetsKey = 'targets.json';
