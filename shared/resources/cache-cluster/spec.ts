import { z } from 'zod';
import { duration, int32, listMap, quantity, secretRef, stringMap, text, validations } from '../structural/fields.ts';
import { podTemplate } from './pod-template.ts';
import { autoscalingRules, maxNamesLength, memoryRules, regionNameRules, regionsRules, specRules, storageSizeRules } from './rules.ts';
import { labelSelector, networkPeers, resources, tolerations, topologySpreadConstraints } from './scheduling.ts';

export const evictionPolicies = [
  'noeviction',
  'allkeys-lru',
  'allkeys-lfu',
  'allkeys-random',
  'volatile-lru',
  'volatile-lfu',
  'volatile-random',
  'volatile-ttl',
  'allkeys-s3fifo',
  'allkeys-sieve',
  'allkeys-arc',
  'allkeys-w-tinylfu',
] as const;

const region = () =>
  z.object({
    name: z
      .string()
      .min(1)
      .max(maxNamesLength - 1)
      .meta(validations(regionNameRules))
      .describe('Name of the region; part of the names of Services and pods.'),
    replicas: int32(0, 4).describe('Copies beside the primary in this region; absent: spec.replicas.').optional(),
    resources: resources().describe('CPU of the pods of this region; absent: spec.resources.').optional(),
    storageClassName: text(253).describe('Storage class in this region; absent: that of spec.storage.').optional(),
    nodeSelector: stringMap(32, 63).describe('Labels of the Kubernetes nodes for this region; absent: any node, the name is a label only.').optional(),
    tolerations: tolerations().describe('Tolerations of the pods of this region.').optional(),
    topologySpreadConstraints: topologySpreadConstraints().describe('Spread of the pods of this region.').optional(),
  });

const regions = () =>
  z
    .array(region())
    .min(1)
    .max(9)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'], ...validations(regionsRules) });

const auth = () =>
  z.object({
    enabled: z.boolean().describe('Whether clients must authenticate.').default(true),
    usersSecretRef: secretRef()
      .describe('Secret with users.acl (Redis ACL file format) and default-password; absent: <cluster>-auth is generated.')
      .optional(),
  });

const networkPolicy = () =>
  z.object({
    enabled: z.boolean().describe('Whether NetworkPolicies are written.').default(true),
    clientsFrom: networkPeers().describe('Who may reach the client ports; empty: pods of the same namespace.').default([]),
  });

const rollout = () =>
  z.object({
    paused: z.boolean().describe('Stops the replacement of pods.').default(false),
    maxUnavailableShards: int32(1, 1000).describe('Shards of one region that may be disturbed at once; regions go one after the other.').default(1),
  });

const weight = () =>
  listMap(
    z.object({
      shard: int32(0, 999).describe('Number of the shard.'),
      weight: int32(1, 1000).describe('Its part of the slots beside the others; a shard that is not listed has 100.'),
    }),
    'shard',
    1000,
  );

const resharding = () =>
  z.object({
    approval: z.enum(['auto', 'manual']).describe('manual: slots move only after meridian approve.').default('auto'),
    bytesPerSecond: quantity().describe('Most bytes that one shard sends per second while slots move; absent: no limit.').optional(),
  });

const autoscaling = () =>
  z
    .object({
      minShards: int32(1, 1000).describe('Least number of shards per region.'),
      maxShards: int32(1, 1000).describe('Greatest number of shards per region.'),
      targetMemoryPercent: int32(1, 100).describe('Used part of spec.memory to aim at.').optional(),
      targetOpsPerShard: int32(1, 2_147_483_647).describe('Operations per second and shard to aim at.').optional(),
    })
    .meta(validations(autoscalingRules));

const storage = () =>
  z.object({
    size: quantity(storageSizeRules).describe('Size of the volume of each pod; may grow, never shrink.'),
    storageClassName: text(253).describe("Storage class; absent: the cluster's default.").optional(),
  });

export const cacheClusterSpecSchema = z
  .object({
    shards: int32(1, 1000).describe('Number of shards in each region.').default(1),
    replicas: int32(0, 4).describe('Copies of each shard beside its primary, in each region.').default(0),
    regions: regions().describe('Regions that hold the data.'),
    memory: quantity(memoryRules).describe('Data limit of each copy of a shard, at least 32Mi; the memory limit of the container is derived from it.'),
    image: text(512).min(1).describe('Image of the nodes; wins over version.').optional(),
    version: text(128).min(1).describe("Version of the nodes; absent, like image: the operator's, recorded once in the status.").optional(),
    eviction: z.enum(evictionPolicies).describe('Which keys go when memory is full.').default('allkeys-s3fifo'),
    acknowledge: z.enum(['insync', 'primary']).describe('When a write is answered: after all in-sync copies have it, or after the primary has it.').default('insync'),
    minInSync: int32(1, 5).describe('Least number of in-sync copies, with the primary, for a write to be taken; absent: 1, or 2 where replicas is 2 or more.').optional(),
    fastFailover: z.boolean().describe('Whether a copy takes over as soon as its peers agree that the primary is gone.').default(true),
    emptyShardAfter: duration().describe('How long a shard whose copies are all lost waits for one to come back before it starts empty.').default('30s'),
    announce: z.enum(['ip', 'hostname']).describe('What cluster clients are told to connect to.').default('ip'),
    auth: auth().describe('Authentication of clients; absent: enabled on Kubernetes, off in local mode.').optional(),
    networkPolicy: networkPolicy().describe('Who may connect.').prefault({}),
    rollout: rollout().describe('How pods are replaced.').prefault({}),
    weight: weight().describe('Parts of the slots that are not even.').optional(),
    resharding: resharding().describe('How slots move between shards.').prefault({}),
    hibernate: z.boolean().describe('Keeps every shard on its volume and removes the pods; false brings them back with the data. Needs storage.').default(false),
    deletionPolicy: z.enum(['Delete', 'RetainData']).describe('What happens to volumes, Leases, maps and the auth Secret when this object is deleted.').default('Delete'),
    autoscaling: autoscaling().describe('Lets the operator choose the number of shards; spec.shards is then only the start.').optional(),
    storage: storage().describe('A volume for each pod; absent: memory only.').optional(),
    allowedNamespaces: labelSelector().describe('Other namespaces whose CacheNamespaces and Migrations may point here; absent: own namespace only.').optional(),
    podTemplate: podTemplate().describe('Additions to the pods.').optional(),
    resources: resources().describe('CPU of the pods; the memory limit is derived.').optional(),
    metrics: z
      .object({
        serviceMonitor: z.boolean().describe('Whether a ServiceMonitor is written for the Prometheus operator.').default(false),
        serviceMonitorLabels: stringMap(32, 63).describe('Labels added to the ServiceMonitor: what a Prometheus selects by.').optional(),
      })
      .describe('Monitoring.')
      .prefault({}),
  })
  .meta(validations(specRules));
