import { z } from 'zod';

/**
 * The JSON documents that operator and nodes exchange through Kubernetes objects. Readers accept unknown fields (a newer
 * writer) and refuse a higher formatVersion.
 */
const slot = z.int().min(0).max(16383);

/** Ownership map: ConfigMap `<cluster>-<region>-slots`, key map.json. Every slot is in exactly one range. */
export const ownershipMapSchema = z.object({
  formatVersion: z.literal(1),
  /** Raised by one with every change. */
  version: z.int().min(1),
  ranges: z.array(z.object({ from: slot, to: slot, shard: z.int().min(0), /** raised by each ownership change (V1) */ generation: z.int().min(1) })),
  /** Moves ordered and not yet released (B9). */
  moves: z.array(z.object({ id: z.string(), from: slot, to: slot, source: z.int(), target: z.int() })).default([]),
});
export type OwnershipMap = z.infer<typeof ownershipMapSchema>;

/** Targets: ConfigMap `<cluster>-<region>-targets`, key targets.json, written by the operator. */
export const targetsSchema = z.object({
  formatVersion: z.literal(1),
  generation: z.int().min(0),
  ranges: z.array(z.object({ from: slot, to: slot, shard: z.int().min(0) })),
  bytesPerSecond: z.number().optional(),
  /** What the ranges were made for; the operator's own memory, nodes do not look at it. Absent: as many even shards as the ranges name. */
  wish: z
    .object({ shards: z.int().min(1), /** shard → weight */ weights: z.record(z.string(), z.number()).optional(), /** value of the annotation */ rebalance: z.string().optional() })
    .optional(),
  /** Hash of the plan that they are part of. */
  plan: z.string().optional(),
  /** Hash of the plan that was cancelled: the ranges are what was owned then, whatever the wish. */
  cancelled: z.string().optional(),
  /** Hash of an earlier plan that was cancelled, while the annotation still names it. */
  cancelledBefore: z.string().optional(),
});
export type Targets = z.infer<typeof targetsSchema>;

/** Annotation meridiancache.io/config on a shard's Lease (B3). Members are pod names. */
export const leaseConfigSchema = z.object({
  formatVersion: z.literal(1),
  isr: z.array(z.string()),
  /** pod name → incarnation (32 hex digits, P5). */
  incarnations: z.record(z.string(), z.string()),
  /** pod name → pod UID: a new incarnation under the same UID proves the old one dead (B2). */
  podUids: z.record(z.string(), z.string()).optional(),
  /** Raised by one with every change of the Lease by a node. */
  revision: z.int().min(0).optional(),
  witness: z.string().optional(),
  /** Id of the snapshot that the primary wrote to its volume and has not written past: nobody else may take the shard (docs/adr/0006-hibernate.md). */
  sealed: z.string().optional(),
  /** Nobody had served in this epoch when this was written: an earlier primary may still answer, by the word of its members or of the witness (P3). */
  unopened: z.enum(['members', 'witness']).optional(),
  /** Random; says whose compare-and-swap this is (P11). */
  nonce: z.string(),
});
export type LeaseConfig = z.infer<typeof leaseConfigSchema>;

/** node.json: what the operator tells every node of one region. Identity of the pod comes by the environment. */
export const nodeConfigSchema = z.object({
  formatVersion: z.literal(1),
  cluster: z.string(),
  clusterUid: z.string(),
  namespace: z.string(),
  region: z.string(),
  regions: z.array(z.string()),
  shards: z.int().min(1),
  replicas: z.int().min(0),
  memoryBytes: z.number(),
  eviction: z.string(),
  acknowledge: z.enum(['insync', 'primary']),
  minInSync: z.int().min(1),
  fastFailover: z.boolean(),
  emptyShardAfterMs: z.number(),
  announce: z.enum(['ip', 'hostname']),
  authEnabled: z.boolean(),
  /** Rises with every change of this document and of what is pushed over the admin port; absent: never pushed. */
  revision: z.int().min(0).optional(),
});
export type NodeConfig = z.infer<typeof nodeConfigSchema>;
