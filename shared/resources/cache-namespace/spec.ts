import { z } from 'zod';
import { namespaceVerbs } from '../../namespaces/document.ts';
import { evictionPolicies } from '../cache-cluster/spec.ts';
import { atomicList, int32, listMap, quantity, secretRef, text, validations } from '../structural/fields.ts';
import { clusterRefRules, consistencyRules, lifetimeRules, maxValueSizeRules, scheduleRules, specRules, userRules, verbsRules, wireNameRules } from './rules.ts';

const lifetime = () => z.string().max(32).meta(validations(lifetimeRules));
const int64 = (min: number) => z.int().min(min).meta({ format: 'int64' });

const clusterRef = () =>
  z
    .object({
      name: text(63).min(1).describe('Name of the CacheCluster.'),
      namespace: text(63).min(1).describe('Its Kubernetes namespace; absent: that of this object. Another one only if allowedNamespaces of the cluster admits it.').optional(),
    })
    .meta(validations(clusterRefRules));

const quota = () =>
  z.object({
    memory: quantity().describe('Most bytes of data: the sum over the shards of a region, of one copy.').optional(),
    keys: int64(1).describe('Most keys in a region.').optional(),
    opsPerSecond: int32(1, 2_147_483_647).describe('Most operations per second in a region; a burst of one second is let through.').optional(),
    egressPerSecond: quantity().describe('Most bytes per second that a region answers with; a burst of one second is let through.').optional(),
    connections: int32(1, 1_000_000).describe('Most client connections of its users in a region.').optional(),
  });

const invalidation = () =>
  z.object({
    schedule: text(100).min(1).meta(validations(scheduleRules)).describe('When keys are removed: five cron fields, UTC.').optional(),
    pattern: text(1024).min(1).describe("Which keys the schedule, or a call that names none, removes: a glob without the namespace's prefix; absent: all.").optional(),
    webhookTokenSecretRef: secretRef().describe('Secret, in the namespace of this object, whose key token an HTTP call must carry to remove keys.').optional(),
  });

const access = () =>
  listMap(
    z.object({
      user: z.string().min(1).max(128).meta(validations(userRules)).describe("User of the cluster's users.acl; it then sees nothing but the namespaces that name it."),
      verbs: atomicList(z.enum(namespaceVerbs), namespaceVerbs.length)
        .min(1)
        .meta(validations(verbsRules))
        .describe('What the user may do; admin includes the others.'),
    }),
    'user',
    64,
  );

export const cacheNamespaceSpecSchema = z
  .object({
    clusterRef: clusterRef().describe('The cluster that keeps the keys; cannot be changed.'),
    name: text(63).min(1).meta(validations(wireNameRules)).describe('Name on the wire: keys begin with <name>:. Absent: metadata.name. Cannot be changed.').optional(),
    tenant: text(63).min(1).describe('Who it belongs to, for reports and bills; absent: the Kubernetes namespace of this object.').optional(),
    consistency: z
      .enum(['eventual', 'session', 'linearizable'])
      .meta(validations(consistencyRules))
      .describe('What a read is to see of earlier writes in other regions; cannot be changed.')
      .default('eventual'),
    acknowledge: z.enum(['insync', 'primary']).describe("When a write is answered; absent: as the cluster's spec says.").optional(),
    defaultTtl: lifetime().describe('Time to live of keys that are written without one; absent: none.').optional(),
    maxTtl: lifetime().describe('Longest time to live; keys written with a longer one, or with none, get it. Absent: no bound.').optional(),
    ttlJitterPercent: int32(0, 50).describe('By how much times to live are varied at random, so that keys written together do not expire together.').default(0),
    slidingExpiry: z.boolean().describe('Whether reading a key starts its time to live anew.').default(false),
    eviction: z.enum(evictionPolicies).describe("Which of its keys go when its memory is full; absent: as the cluster's spec says.").optional(),
    maxValueSize: quantity(maxValueSizeRules).describe('Largest value, at most 512Mi.').default('1Mi'),
    quota: quota().describe('Bounds of use, each for every region by itself; absent: none.').optional(),
    negativeTtl: lifetime().describe('How long the absence of a key is remembered for callers that fill on a miss; absent: not at all.').optional(),
    staleWhileRevalidate: lifetime().describe('How long after its expiry a value may be served to others while one caller fetches a new one; absent: not at all.').optional(),
    trackAccess: z.boolean().describe('Whether time and number of reads are kept for each key.').default(false),
    invalidation: invalidation().describe('How keys are removed beside requests of clients.').optional(),
    access: access().describe('Users who are bound to this namespace.').optional(),
    deletionPolicy: z.enum(['Flush', 'Keep']).describe('What happens to the keys when this object is deleted.').default('Flush'),
  })
  .meta(validations(specRules));
