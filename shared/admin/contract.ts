import { z } from 'zod';

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
  keys: z.number(),
  memoryUsedBytes: z.number(),
  memoryLimitBytes: z.number(),
  opsPerSecond: z.number(),
  replicationLagMs: z.number().optional(),
  configRevision: z.string().optional(),
});
export type NodeStatus = z.infer<typeof nodeStatusSchema>;
