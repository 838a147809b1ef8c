import type { Command } from '../commands/registry.ts';
import type { ClusterView, MemberView } from '../topology/view.ts';
import type { ClientSession } from './client-session.ts';

/** A copy hears what is published in the sharded channels of its shard, and publishes to them. */
const isPubSub = (command: Command): boolean => command.spec.flags.includes('pubsub');

/** The error line for a slot that is not served here; undefined when this node may answer after all (READONLY, or a sharded channel, on a replica of the slot's shard). */
export function redirection(cluster: ClusterView, slot: number, command: Command, client: ClientSession): string | undefined {
  const shard = cluster.shardOfSlot[slot];
  if (shard < 0) return 'CLUSTERDOWN Hash slot not served';
  const { self } = cluster;
  if (shard === self.shard && self.role === 'replica' && self.health === 'online' && ((client.readonly && command.readonly) || isPubSub(command))) return undefined;
  client.sentAway = true;
  return toPrimary(cluster, slot, shard);
}

/** Where the primary of the slot's shard is. */
export function toPrimary(cluster: ClusterView, slot: number, shard: number = cluster.shardOfSlot[slot]): string {
  const { self } = cluster;
  const primary = shard < 0 ? undefined : cluster.primaryOf(shard);
  if (primary === undefined || primary.id === self.id) return 'CLUSTERDOWN Hash slot not served';
  return `MOVED ${slot} ${addressOf(primary)}`;
}

function addressOf(member: MemberView): string {
  return `${member.host}:${member.redisPort}`;
}
