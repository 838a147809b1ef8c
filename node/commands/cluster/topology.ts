import type { ReplyWriter } from '../../server/reply-writer.ts';
import type { ClusterView, MemberView } from '../../topology/view.ts';
import { textAt } from '../arguments.ts';
import type { CommandSpec } from '../spec.ts';
import { subcommand } from '../subcommand.ts';

const shape = { group: 'cluster', flags: ['stale'], complexity: 'O(N) where N is the number of nodes' } as const;

function shardsOf(view: ClusterView): readonly number[] {
  return [...new Set(view.members.map((member) => member.shard))].toSorted((a, b) => a - b);
}

/** The primary first: clients take the first for writes. Failed replicas are left out. */
function serversOf(view: ClusterView, shard: number): readonly MemberView[] {
  const primary = view.primaryOf(shard);
  if (primary === undefined) return [];
  return [primary, ...view.members.filter((member) => member.shard === shard && member.id !== primary.id && member.health === 'online')];
}

function writeServer(reply: ReplyWriter, member: MemberView): void {
  reply.array(4);
  reply.bulkString(member.host);
  reply.integer(member.redisPort);
  reply.bulkLatin1(member.id);
  if (member.host !== member.ip) {
    reply.map(1);
    reply.bulkLatin1('ip');
    reply.bulkLatin1(member.ip);
  } else if (member.hostname === '') {
    reply.map(0);
  } else {
    reply.map(1);
    reply.bulkLatin1('hostname');
    reply.bulkString(member.hostname);
  }
}

export const clusterSlots: CommandSpec = subcommand(
  'cluster|slots',
  '3.0.0',
  2,
  'Returns the slot ranges and the nodes that serve them.',
  ({ reply, node }) => {
    const view = node.cluster;
    const mark = reply.deferred();
    let count = 0;
    for (const shard of shardsOf(view)) {
      const servers = serversOf(view, shard);
      if (servers.length === 0) continue;
      for (const [from, to] of view.rangesOf(shard)) {
        reply.array(2 + servers.length);
        reply.integer(from);
        reply.integer(to);
        for (const member of servers) writeServer(reply, member);
        count++;
      }
    }
    reply.closeArray(mark, count);
  },
  shape,
);

export const clusterShards: CommandSpec = subcommand(
  'cluster|shards',
  '7.0.0',
  2,
  'Returns the shards, their slots and their nodes.',
  ({ reply, node }) => {
    const view = node.cluster;
    const shards = shardsOf(view);
    reply.array(shards.length);
    for (const shard of shards) {
      const ranges = view.rangesOf(shard);
      reply.map(2);
      reply.bulkLatin1('slots');
      reply.array(ranges.length * 2);
      for (const [from, to] of ranges) {
        reply.integer(from);
        reply.integer(to);
      }
      reply.bulkLatin1('nodes');
      const members = view.members.filter((member) => member.shard === shard);
      reply.array(members.length);
      for (const member of members) writeShardMember(reply, member);
    }
  },
  shape,
);

function writeShardMember(reply: ReplyWriter, member: MemberView): void {
  reply.map(member.hostname === '' ? 7 : 8);
  reply.bulkLatin1('id');
  reply.bulkLatin1(member.id);
  reply.bulkLatin1('port');
  reply.integer(member.redisPort);
  reply.bulkLatin1('ip');
  reply.bulkLatin1(member.ip);
  reply.bulkLatin1('endpoint');
  reply.bulkString(member.host);
  if (member.hostname !== '') {
    reply.bulkLatin1('hostname');
    reply.bulkString(member.hostname);
  }
  reply.bulkLatin1('role');
  reply.bulkLatin1(member.role === 'primary' ? 'master' : 'replica');
  reply.bulkLatin1('replication-offset');
  reply.integer(member.replicationOffset);
  reply.bulkLatin1('health');
  reply.bulkLatin1(member.health === 'failed' ? 'fail' : member.health);
}

/** One line of CLUSTER NODES. */
function nodeLine(view: ClusterView, member: MemberView): string {
  const primary = view.primaryOf(member.shard);
  const isPrimary = primary?.id === member.id;
  const flags = [member.id === view.self.id ? 'myself' : '', isPrimary ? 'master' : 'slave', member.health === 'failed' ? 'fail' : ''].filter((flag) => flag !== '').join(',');
  const ranges = isPrimary ? view.rangesOf(member.shard).map(([from, to]) => (from === to ? ` ${from}` : ` ${from}-${to}`)) : [];
  const name = member.hostname === '' ? '' : `,${member.hostname}`;
  const address = `${member.host === member.hostname ? member.ip : member.host}:${member.redisPort}@${member.busPort}${name}`;
  return `${member.id} ${address} ${flags} ${isPrimary || primary === undefined ? '-' : primary.id} 0 0 ${view.epoch} ${member.health === 'failed' ? 'disconnected' : 'connected'}${ranges.join('')}`;
}

export const clusterNodes: CommandSpec = subcommand('cluster|nodes', '3.0.0', 2, 'Returns what this node knows of the nodes.', ({ reply, node }) => reply.verbatim('txt', node.cluster.members.map((member) => `${nodeLine(node.cluster, member)}\n`).join('')), shape);

export const clusterReplicas: CommandSpec = subcommand(
  'cluster|replicas',
  '5.0.0',
  3,
  'Lists the replicas of a node.',
  (call) => {
    const view = call.node.cluster;
    const primary = view.members.find((member) => member.id === textAt(call, 2));
    if (primary === undefined) return call.reply.error(`ERR Unknown node ${textAt(call, 2)}`);
    if (view.primaryOf(primary.shard)?.id !== primary.id) return call.reply.error('ERR The specified node is not a master');
    const replicas = view.members.filter((member) => member.shard === primary.shard && member.id !== primary.id);
    call.reply.array(replicas.length);
    for (const member of replicas) call.reply.bulkString(nodeLine(view, member));
  },
  { ...shape, flags: ['admin', 'stale'] },
);

/** Links of the bus, one per peer; their buffers are not shown to clients. */
export const clusterLinks: CommandSpec = subcommand(
  'cluster|links',
  '7.0.0',
  2,
  'Lists the links to the other nodes.',
  ({ reply, node }) => {
    const peers = node.cluster.members.filter((member) => member.id !== node.cluster.self.id && member.health !== 'failed');
    reply.array(peers.length);
    for (const peer of peers) {
      reply.map(6);
      reply.bulkLatin1('direction');
      reply.bulkLatin1('to');
      reply.bulkLatin1('node');
      reply.bulkLatin1(peer.id);
      reply.bulkLatin1('create-time');
      reply.integer(0);
      reply.bulkLatin1('events');
      reply.bulkLatin1('rw');
      reply.bulkLatin1('send-buffer-allocated');
      reply.integer(0);
      reply.bulkLatin1('send-buffer-used');
      reply.integer(0);
    }
  },
  shape,
);
