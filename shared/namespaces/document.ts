import { z } from 'zod';

/**
 * What the operator tells every node of a cluster about its CacheNamespaces: one document per cluster, the same in every region. It is pushed over the admin
 * port, spread over the bus and kept in ConfigMaps for a cold start. Readers accept unknown fields (a newer writer) and refuse a higher formatVersion.
 * Units are in the names: ms, bytes.
 */
const ms = () => z.number().min(0);
const count = () => z.int().min(0);

export const namespaceVerbs = ['read', 'write', 'delete', 'flush', 'admin'] as const;
export type NamespaceVerb = (typeof namespaceVerbs)[number];

const quotaSchema = z.object({
  /** Sum over the shards of one region, of one copy. */
  memoryBytes: count().optional(),
  keys: count().optional(),
  /** A burst is one second's worth; so for egress. */
  opsPerSecond: count().optional(),
  egressBytesPerSecond: count().optional(),
  /** Of one region. */
  connections: count().optional(),
});

const invalidationSchema = z.object({
  /** Five cron fields, UTC. */
  schedule: z.string().optional(),
  /** Keys, without the namespace's prefix, that the schedule removes; absent: all. */
  pattern: z.string().optional(),
  /** SHA-256, lower-case hex, of the token that a webhook call must carry. */
  webhookTokenSha256: z.string().optional(),
});

const namespaceSettingsSchema = z.object({
  /** The wire name: keys `<name>:…`, channels `<name>:…`. Unique in the document. */
  name: z.string(),
  /** Of the CacheNamespace object. */
  uid: z.string(),
  /** Of the document that first had these settings. */
  revision: z.int().min(1).optional(),
  tenant: z.string(),
  consistency: z.enum(['eventual', 'session', 'linearizable']),
  /** Absent: the cluster's. */
  acknowledge: z.enum(['insync', 'primary']).optional(),
  defaultTtlMs: ms().optional(),
  maxTtlMs: ms().optional(),
  ttlJitterPercent: z.int().min(0).max(50),
  slidingExpiry: z.boolean(),
  /** Absent: the cluster's. */
  eviction: z.string().optional(),
  maxValueBytes: count(),
  quota: quotaSchema,
  negativeTtlMs: ms().optional(),
  staleWhileRevalidateMs: ms().optional(),
  trackAccess: z.boolean(),
  invalidation: invalidationSchema.optional(),
  access: z.array(z.object({ user: z.string(), verbs: z.array(z.enum(namespaceVerbs)) })),
});
export type NamespaceSettings = z.infer<typeof namespaceSettingsSchema>;

export const namespacesDocumentSchema = z.object({
  formatVersion: z.literal(1),
  /** Rises with every change; a node keeps the highest that it has seen. */
  revision: z.int().min(1),
  /** In force; ordered by name. A namespace that is not here (any more) has no settings: its keys are the default namespace's. */
  namespaces: z.array(namespaceSettingsSchema),
  /**
   * Deleted with deletionPolicy Flush, newest last: a node that still holds keys of such a namespace, told by its uid, removes them. One that went without
   * being listed here leaves its keys where they are, and the next namespace of that name takes them over.
   */
  retired: z.array(z.object({ name: z.string(), uid: z.string() })),
});
export type NamespacesDocument = z.infer<typeof namespacesDocumentSchema>;

/** What one node counted for one namespace, since it started; gauges as of now. */
const namespaceFiguresSchema = z.object({
  name: z.string(),
  uid: z.string(),
  /** Of the copy that this node holds; a replica's are not added to its primary's. */
  keys: count(),
  memoryBytes: count(),
  hits: count(),
  misses: count(),
  evictions: count(),
  expirations: count(),
  /** Requests refused or delayed for a quota. */
  throttled: count(),
});
export type NamespaceFigures = z.infer<typeof namespaceFiguresSchema>;

/** Answer to `namespaceFigures` on the admin port. */
export const nodeNamespacesSchema = z.object({ revision: z.int().min(0), /** This node is the primary of its shard. */ leads: z.boolean(), namespaces: z.array(namespaceFiguresSchema) });
export type NodeNamespaces = z.infer<typeof nodeNamespacesSchema>;

/** Answer to `applyNamespaces`: the revision in force afterwards. */
export const namespacesAppliedSchema = z.object({ revision: z.int().min(0) });
