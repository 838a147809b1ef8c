import type { JsonObject } from '../../shared/resources/admission/json.ts';
import { cluster, regions } from './build.ts';

export interface GoodManifest {
  readonly name: string;
  readonly manifest: JsonObject;
  /** What is stored before: the manifest is then an update. */
  readonly before?: JsonObject;
  /** Sent with fields that are not known, to a server that is not told to be strict. */
  readonly lenient?: boolean;
  /** The spec as the server keeps it, with every default written out. */
  readonly stored: JsonObject;
}

/** The defaults, byte for byte: whoever changes one changes it for every object that is created from then on. */
const stored = (fields: JsonObject = {}): JsonObject => ({
  shards: 1,
  replicas: 0,
  eviction: 'allkeys-s3fifo',
  acknowledge: 'insync',
  fastFailover: true,
  emptyShardAfter: '30s',
  announce: 'ip',
  networkPolicy: { enabled: true, clientsFrom: [] },
  rollout: { paused: false, maxUnavailableShards: 1 },
  resharding: { approval: 'auto' },
  hibernate: false,
  deletionPolicy: 'Delete',
  metrics: { serviceMonitor: false },
  memory: '64Mi',
  regions: [{ name: 'us-east-1' }],
  ...fields,
});

const nine = Array.from({ length: 9 }, (_, index) => ({ name: `region-${index}` }));

/** What admission keeps, on Kubernetes and in local mode alike. */
export const goodManifests: readonly GoodManifest[] = [
  {
    name: 'the least',
    manifest: cluster(),
    stored: stored(),
  },
  {
    name: 'quickstart',
    manifest: cluster({ shards: 3, regions: regions('us-east-1', 'eu-west-1', 'ap-south-1') }),
    stored: stored({ regions: [{ name: 'us-east-1' }, { name: 'eu-west-1' }, { name: 'ap-south-1' }], shards: 3 }),
  },
  {
    name: 'memory as a number of bytes',
    manifest: cluster({ memory: 33_554_432 }),
    stored: stored({ memory: 33554432 }),
  },
  {
    name: 'memory of exactly 32Mi',
    manifest: cluster({ memory: '32Mi' }),
    stored: stored({ memory: '32Mi' }),
  },
  {
    name: 'memory in decimal units',
    manifest: cluster({ memory: '1.5G' }),
    stored: stored({ memory: '1.5G' }),
  },
  {
    name: 'memory with an exponent',
    manifest: cluster({ memory: '1e9' }),
    stored: stored({ memory: '1e9' }),
  },
  {
    name: 'nine regions and 1000 shards',
    manifest: cluster({ shards: 1000, regions: nine }),
    stored: stored({ regions: [{ name: 'region-0' }, { name: 'region-1' }, { name: 'region-2' }, { name: 'region-3' }, { name: 'region-4' }, { name: 'region-5' }, { name: 'region-6' }, { name: 'region-7' }, { name: 'region-8' }], shards: 1000 }),
  },
  {
    name: 'shards written as 3.0',
    manifest: cluster({ shards: 3.0 }),
    stored: stored({ shards: 3 }),
  },
  {
    name: 'nulls mean absent',
    manifest: cluster({ shards: null, storage: null, rollout: null, podTemplate: { labels: null } }),
    stored: stored({ podTemplate: {} }),
  },
  {
    name: 'empty objects get their defaults',
    manifest: cluster({ auth: {}, networkPolicy: {}, rollout: {}, resharding: {}, metrics: {} }),
    stored: stored({ auth: { enabled: true } }),
  },
  {
    name: 'auth off',
    manifest: cluster({ auth: { enabled: false } }),
    stored: stored({ auth: { enabled: false } }),
  },
  {
    name: 'minInSync up to replicas + 1',
    manifest: cluster({ replicas: 2, minInSync: 3 }),
    stored: stored({ replicas: 2, minInSync: 3 }),
  },
  {
    name: 'minInSync up to the replicas of the region',
    manifest: cluster({ replicas: 2, minInSync: 2, regions: [{ name: 'a', replicas: 1 }] }),
    stored: stored({ regions: [{ name: 'a', replicas: 1 }], replicas: 2, minInSync: 2 }),
  },
  {
    name: 'hibernate with storage',
    manifest: cluster({ hibernate: true, storage: { size: '1Gi' } }),
    stored: stored({ hibernate: true, storage: { size: '1Gi' } }),
  },
  {
    name: 'storage grown',
    manifest: cluster({ storage: { size: '3Gi' } }),
    before: cluster({ storage: { size: '2048Mi' } }),
    stored: stored({ storage: { size: '3Gi' } }),
  },
  {
    name: 'storage the same in other units',
    manifest: cluster({ storage: { size: '2Gi' } }),
    before: cluster({ storage: { size: '2048Mi' } }),
    stored: stored({ storage: { size: '2Gi' } }),
  },
  {
    name: 'region added and removed',
    manifest: cluster({ regions: regions('b', 'c') }),
    before: cluster({ regions: regions('a', 'b') }),
    stored: stored({ regions: [{ name: 'b' }, { name: 'c' }] }),
  },
  {
    name: 'scaled',
    manifest: cluster({ shards: 5 }),
    before: cluster({ shards: 3 }),
    stored: stored({ shards: 5 }),
  },
  {
    name: 'autoscaling',
    manifest: cluster({ autoscaling: { minShards: 2, maxShards: 2, targetMemoryPercent: 70, targetOpsPerShard: 50_000 } }),
    stored: stored({ autoscaling: { minShards: 2, maxShards: 2, targetMemoryPercent: 70, targetOpsPerShard: 50000 } }),
  },
  {
    name: 'durations of several parts',
    manifest: cluster({ emptyShardAfter: '1h30m0.5s' }),
    stored: stored({ emptyShardAfter: '1h30m0.5s' }),
  },
  {
    name: 'clients of every kind',
    manifest: cluster({ networkPolicy: { enabled: true, clientsFrom: [{ podSelector: { matchLabels: { app: 'web' } } }, { ipBlock: { cidr: 'fd00::/8' } }] } }),
    stored: stored({ networkPolicy: { enabled: true, clientsFrom: [{ podSelector: { matchLabels: { app: 'web' } } }, { ipBlock: { cidr: 'fd00::/8' } }] } }),
  },
  {
    name: 'pod template',
    manifest: cluster({ podTemplate: { labels: { team: 'a' }, env: [{ name: 'TZ', value: 'UTC' }], affinity: { nodeAffinity: { anything: [{ goes: true }] } } } }),
    stored: stored({ podTemplate: { labels: { team: 'a' }, env: [{ name: 'TZ', value: 'UTC' }], affinity: { nodeAffinity: { anything: [{ goes: true }] } } } }),
  },
  {
    name: 'region with all of its own',
    manifest: cluster({ regions: [{ name: 'a', replicas: 4, storageClassName: 'fast', nodeSelector: { disk: 'ssd' }, tolerations: [{ operator: 'Exists' }], resources: { requests: { cpu: 2 }, limits: { cpu: '4' } } }] }),
    stored: stored({ regions: [{ name: 'a', replicas: 4, storageClassName: 'fast', nodeSelector: { disk: 'ssd' }, tolerations: [{ operator: 'Exists' }], resources: { requests: { cpu: 2 }, limits: { cpu: '4' } } }] }),
  },
  {
    name: 'names as long as they may be',
    manifest: cluster({ regions: regions('r'.repeat(6)) }, { name: 'c'.repeat(40) }),
    stored: stored({ regions: [{ name: 'rrrrrr' }] }),
  },
  {
    name: 'unknown fields are dropped',
    manifest: cluster({ colour: 'red', rollout: { speed: 3 } }),
    lenient: true,
    stored: stored(),
  },
  {
    name: 'status sent by a user is dropped',
    manifest: { ...cluster(), status: { phase: 'Ready' } },
    stored: stored(),
  },
];
