import { z } from 'zod';
import { atomicList, listMap, text } from '../structural/fields.ts';

const count = () => z.int().min(0).meta({ format: 'int64' });
const name = () => text(253);

/** Conditions in the shape that kubectl wait, kstatus and Argo CD read. */
export const conditionSchema = z.object({
  type: text(316).min(1).describe('Name of the condition.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('Whether it holds.'),
  observedGeneration: count().describe('Generation of the spec that it is about.').optional(),
  lastTransitionTime: z.string().meta({ format: 'date-time' }).describe('When the status last changed.'),
  reason: text(1024).min(1).describe('One word for programs.'),
  message: text(32_768).describe('What happened or what is waited for, for people.'),
});

const regionStatus = () =>
  z.object({
    name: text(63).describe('Name of the region.'),
    reachable: z.boolean().describe('Whether the operator reaches it.').optional(),
    shardsReady: count().describe('Shards with a ready primary.').optional(),
    primaries: count().describe('Primaries under a committed Lease.').optional(),
    slotsOwned: count().describe('Slots that a shard owns.').optional(),
    keys: count().describe('Keys, two significant digits.').optional(),
    memoryUsed: count().describe('Bytes used by data, two significant digits.').optional(),
    replicationLagMs: count().describe('Milliseconds by which the copy in sync that is furthest behind trails its primary, two significant digits; 0 below 200.').optional(),
    epochFloor: count().describe('No Lease of this region has ever had a higher epoch.').optional(),
  });

const planStep = () =>
  z.object({
    kind: text(64).describe('What the step does.'),
    description: text(1024).describe('The step in words.'),
    slots: count().describe('Slots that move.').optional(),
    bytes: count().describe('Bytes that move.').optional(),
  });

const plan = () =>
  z.object({
    hash: text(128).describe('Hash over targets, weights and generation; meridian approve names it.').optional(),
    steps: atomicList(planStep(), 32).describe('The next steps, 32 at most.').optional(),
    slots: count().describe('Slots that move in all.').optional(),
    bytes: count().describe('Bytes that move in all.').optional(),
    seconds: count().describe('Estimated time in all.').optional(),
  });

const autoscaling = () =>
  z.object({
    lastChange: z.string().meta({ format: 'date-time' }).describe('When desiredShards was last changed.').optional(),
    lowSince: z.string().meta({ format: 'date-time' }).describe('Since when fewer shards would be enough.').optional(),
    message: text(1024).describe('The last decision and what it was made from.').optional(),
  });

const endpoint = () =>
  z.object({
    region: text(63).describe('Name of the region.'),
    redis: text(512).describe('host:port of the Redis protocol.').optional(),
    http: text(512).describe('URL of the HTTP API.').optional(),
  });

export const cacheClusterStatusSchema = z.object({
  observedGeneration: count().describe('Generation of the spec that this status is about.').optional(),
  conditions: listMap(conditionSchema, 'type', 32).describe('Ready, Progressing, Degraded, Reconciling, Stalled and others.').optional(),
  phase: text(64).describe('One word for people; programs read the conditions.').optional(),
  desiredShards: count().describe('Number of shards in force.').optional(),
  shards: z.int().min(0).meta({ format: 'int32' }).describe('Number of shards that there are; for the scale subresource.').optional(),
  selector: text(2048).describe('Label selector with one pod per shard; for the scale subresource.').optional(),
  regions: listMap(regionStatus(), 'name', 32).describe('State of each region.').optional(),
  regionsReady: text(16).describe('Regions whose shards are all served, of all regions, such as 2/3; for people.').optional(),
  unhealthyShards: atomicList(name(), 32).describe('Shards that need attention, 32 at most.').optional(),
  plan: plan().describe('What the operator is about to do.').optional(),
  autoscaling: autoscaling().describe('What spec.autoscaling has decided.').optional(),
  endpoints: listMap(endpoint(), 'region', 32).describe('Where clients connect.').optional(),
  versions: z
    .object({
      image: text(512).describe('Image in force.').optional(),
      default: text(512).describe('Image where the spec names neither image nor version: the default of the operator that first saw the cluster.').optional(),
      operator: text(128).describe('Version of the operator that wrote this.').optional(),
    })
    .describe('Versions in force.')
    .optional(),
  namespaces: count().describe('Number of CacheNamespaces that point here.').optional(),
});
