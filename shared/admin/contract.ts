import { z } from 'zod';

/** A move of slots (B9) that the node takes part in, as source or target. */
const slotMoveSchema = z.object({
  id: z.string(),
  from: z.int(),
  to: z.int(),
  source: z.int(),
  target: z.int(),
  /**
   * opening: the target makes room for staging · copying: the data go over · ordering: the map's compare-and-swap is under way · ordered: the map names the target, the source serves ·
   * pausing: writes of the slots wait · released: the target serves, or does so on the message that is on its way · dropping: the source deletes what has left.
   * A target says staging, then opened until the map has no such move any more; or dropping when the move was cancelled.
   */
  phase: z.enum(['opening', 'copying', 'ordering', 'ordered', 'pausing', 'released', 'dropping', 'staging', 'opened']),
  keysSent: z.number(),
  bytesSent: z.number(),
  /** Estimate made when copying began. */
  bytesTotal: z.number(),
  /** Why it stands still, as a sentence; absent while it goes on. */
  waitsFor: z.string().optional(),
});

/** Where the node is with the snapshot of its shard on its volume (docs/adr/0006-hibernate.md). */
const snapshotStatusSchema = z.object({
  /**
   * committing: writes are refused, copies take what they lack · writing · verifying: it is read back · sealing: the Lease is to name it · complete: the Lease names it ·
   * thawing: the Lease is to name it no more · failed: writes are taken again · loading: at a start · refused: what is on the volume was not loaded.
   */
  phase: z.enum(['committing', 'writing', 'verifying', 'sealing', 'complete', 'thawing', 'failed', 'loading', 'refused']),
  id: z.string().optional(),
  keys: z.number(),
  bytes: z.number(),
  /** Why it failed or was refused, as a sentence. */
  message: z.string().optional(),
});
export type SnapshotStatus = z.infer<typeof snapshotStatusSchema>;

/** What a node answers to the operator's `status` request on the admin port, and what meridian status shows. */
export const nodeStatusSchema = z.object({
  formatVersion: z.literal(1),
  pod: z.string(),
  podUid: z.string(),
  incarnation: z.string(),
  version: z.string(),
  region: z.string(),
  shard: z.int(),
  role: z.enum(['primary', 'replica', 'syncing', 'waiting']),
  epoch: z.int(),
  primary: z.string().optional(),
  isr: z.array(z.string()),
  slotsOwned: z.int(),
  /** The slots of `slotsOwned`, for a map that has to be written anew (architecture.md). */
  ownedRanges: z.array(z.object({ from: z.int(), to: z.int(), generation: z.int() })).optional(),
  ownershipVersion: z.int(),
  /** Moves that this shard's primary knows of, finished ones until nothing of them is left. Owns nothing = `slotsOwned` 0 and no moves. Only primaries fill it. */
  moves: z.array(slotMoveSchema).optional(),
  /** Generation of the newest targets that this node has read; absent: none yet. */
  targetsGeneration: z.int().optional(),
  keys: z.number(),
  memoryUsedBytes: z.number(),
  memoryLimitBytes: z.number(),
  opsPerSecond: z.number(),
  replicationLagMs: z.number().optional(),
  /**
   * How this node came to lead its shard, as long as it has led since: in which epoch, why, and how long nobody had served, as far as it knows.
   * empty: its memory was gone and nobody else had a copy. woken: with what the snapshot on its volume holds.
   */
  takeover: z.object({ epoch: z.int(), cause: z.enum(['silence', 'proof', 'resigned', 'empty', 'woken']), outageMs: z.number() }).optional(),
  /** Absent: there is nothing to say of snapshots. */
  snapshot: snapshotStatusSchema.optional(),
  configRevision: z.string().optional(),
  /** Of the document of the cluster's namespaces (shared/namespaces) in force; absent: none was seen. */
  namespacesRevision: z.int().optional(),
  /** Why this node serves nothing now: a Lease that makes no sense, no ownership map yet … Absent while it serves. */
  notServing: z.string().optional(),
});
export type NodeStatus = z.infer<typeof nodeStatusSchema>;

/** Settings that a running node takes over at once: the operator's push on the admin port, spread over the bus. Absent fields keep what is in force. */
export const liveConfigSchema = z.object({
  formatVersion: z.literal(1),
  /** Rises with every change; a node keeps the highest that it has seen. */
  revision: z.int().min(1),
  memoryBytes: z.number().optional(),
  eviction: z.string().optional(),
  acknowledge: z.enum(['insync', 'primary']).optional(),
  minInSync: z.int().min(1).optional(),
  fastFailover: z.boolean().optional(),
  emptyShardAfterMs: z.number().optional(),
  /** Text of users.acl (Redis ACL file format). */
  usersAcl: z.string().optional(),
});
export type LiveConfig = z.infer<typeof liveConfigSchema>;

/** Request `switchover`: hand the shard over, to this pod or to any copy in sync. */
export interface SwitchoverRequest {
  /** Name of a pod; absent: whichever copy in sync is best. */
  readonly target?: string;
}
/** `handedOver` false: this node does not lead, or no other copy (not that one) is in sync. */
export const switchoverDoneSchema = z.object({ handedOver: z.boolean() });
export type SwitchoverDone = z.infer<typeof switchoverDoneSchema>;

/** Request `hibernate`: the primary refuses writes and keeps a snapshot (`on`), or takes writes again. Asking again changes nothing. */
export interface HibernateRequest {
  readonly on: boolean;
}
/** Where the node is with it; absent: it takes writes. */
export const hibernateAnswerSchema = z.object({ snapshot: snapshotStatusSchema.optional() });

/** Answer to `targetsChanged` (the targets ConfigMap was written: read it again): generation in force afterwards, absent when none could be read. */
export const targetsReadSchema = z.object({ generation: z.int().optional() });
export type TargetsRead = z.infer<typeof targetsReadSchema>;

/** Answer to `applyConfig`: the revision in force afterwards. */
export const liveConfigAppliedSchema = z.object({ revision: z.int().min(0) });
export type LiveConfigApplied = z.infer<typeof liveConfigAppliedSchema>;
