import type { ClusterIntent, RegionIntent } from '../intent.ts';

/** The intents that golden tests build from: the smallest, and one with everything set. */
export const plainRegion: RegionIntent = { name: 'east', replicas: 0, resources: {} };

export const plain: ClusterIntent = {
  name: 'demo',
  namespace: 'apps',
  uid: '11111111-2222-3333-4444-555555555555',
  shards: 2,
  replicas: 0,
  regions: [plainRegion],
  memoryBytes: 256 * 1024 * 1024,
  image: 'registry.example/meridian:1.0.0',
  eviction: 'allkeys-s3fifo',
  acknowledge: 'insync',
  minInSync: 1,
  fastFailover: true,
  emptyShardAfterMs: 30_000,
  announce: 'ip',
  auth: { enabled: true },
  networkPolicy: { enabled: true, clientsFrom: [] },
  retainData: false,
  podTemplate: {},
  resources: {},
  operatorNamespace: 'meridian-system',
};

export const fullRegion: RegionIntent = {
  name: 'west',
  replicas: 2,
  resources: { requests: { cpu: '1' } },
  storageClassName: 'fast',
  nodeSelector: { 'topology.kubernetes.io/region': 'west' },
  tolerations: [{ key: 'cache', operator: 'Exists' }],
  topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule' }],
};

export const full: ClusterIntent = {
  ...plain,
  replicas: 1,
  regions: [{ ...plainRegion, replicas: 1 }, fullRegion],
  minInSync: 2,
  announce: 'hostname',
  auth: { enabled: true, usersSecret: 'people' },
  networkPolicy: { enabled: true, clientsFrom: [{ namespaceSelector: { matchLabels: { team: 'shop' } } }] },
  retainData: true,
  monitor: { labels: { release: 'prometheus', 'meridiancache.io/cluster': 'not taken' } },
  storage: { size: '10Gi', storageClassName: 'standard' },
  podTemplate: {
    labels: { team: 'shop', 'meridiancache.io/cluster': 'not taken' },
    annotations: { 'sidecar.example/inject': 'false' },
    priorityClassName: 'caches',
    env: [{ name: 'TZ', value: 'UTC' }, { name: 'MERIDIAN_SHARD', value: 'not taken' }],
    imagePullSecrets: [{ name: 'registry' }],
    affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } },
  },
  resources: { requests: { cpu: '500m', memory: '128Mi' }, limits: { cpu: '2' } },
};
