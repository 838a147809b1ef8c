import type { ClusterView } from '../topology/view.ts';
import type { SlotGate } from './slot-gate.ts';

/** Several hand-overs at once on a busy machine take half of this; a shard that nobody takes has failed, and clients are told. */
const mostMs = 4_000;

/**
 * Between a primary that has stepped down and the next one that serves, a node has nowhere to send clients to: commands for the shard wait here instead of failing.
 * Some client libraries ask three times within a tenth of a second and give up.
 */
export function holdBetweenLeaders(gate: SlotGate, before: ClusterView, now: ClusterView): void {
  for (const shard of new Set(before.members.map((member) => member.shard))) {
    if (now.primaryOf(shard) !== undefined) gate.leaderKnown(shard);
    else if (before.primaryOf(shard) !== undefined) gate.awaitLeader(shard, now.rangesOf(shard), mostMs);
  }
}
