import type { CommandSpec } from '../spec.ts';
import { subcommand } from '../subcommand.ts';
import type { ClusterView } from '../../topology/view.ts';

const shape = { group: 'cluster', flags: ['stale'] } as const;

export const clusterMyid: CommandSpec = subcommand('cluster|myid', '3.0.0', 2, 'Returns the id of this node.', ({ reply, node }) => reply.bulkLatin1(node.cluster.self.id), shape);

/** Shards have no id of their own in our map; the number, padded to Redis' 40 digits, is stable and unique. */
export const clusterMyshardid: CommandSpec = subcommand('cluster|myshardid', '7.2.0', 2, 'Returns the id of the shard of this node.', ({ reply, node }) => reply.bulkLatin1(node.cluster.self.shard.toString(16).padStart(40, '0')), shape);

export const clusterInfo: CommandSpec = subcommand('cluster|info', '3.0.0', 2, 'Returns information about the state of the cluster.', ({ reply, node }) => reply.verbatim('txt', describe(node.cluster)), shape);

function describe(view: ClusterView): string {
  const assigned = countAssigned(view);
  const served = view.shardOfSlot.reduce((sum, shard) => sum + (shard >= 0 && view.primaryOf(shard) !== undefined ? 1 : 0), 0);
  const shards = new Set(view.members.map((member) => member.shard)).size;
  const lines = [
    `cluster_state:${view.complete ? 'ok' : 'fail'}`,
    `cluster_slots_assigned:${assigned}`,
    `cluster_slots_ok:${served}`,
    'cluster_slots_pfail:0',
    `cluster_slots_fail:${assigned - served}`,
    `cluster_known_nodes:${view.members.length}`,
    `cluster_size:${shards}`,
    `cluster_current_epoch:${view.epoch}`,
    `cluster_my_epoch:${view.epoch}`,
    'cluster_stats_messages_sent:0',
    'cluster_stats_messages_received:0',
    'total_cluster_links_buffer_limit_exceeded:0',
  ];
  return `${lines.join('\r\n')}\r\n`;
}

function countAssigned(view: ClusterView): number {
  let count = 0;
  for (const shard of view.shardOfSlot) if (shard >= 0) count++;
  return count;
}
