import type { CommandSpec } from '../spec.ts';

export const role: CommandSpec = {
  name: 'role',
  summary: 'Returns the replication role.',
  since: '2.8.12',
  group: 'server',
  complexity: 'O(1)',
  arity: 1,
  flags: ['noscript', 'loading', 'stale', 'fast'],
  categories: ['admin', 'dangerous'],
  keys: [],
  run({ reply, node }) {
    const { cluster } = node;
    const { self } = cluster;
    const primary = cluster.primaryOf(self.shard);
    if (self.role === 'replica') {
      reply.array(5);
      reply.bulkLatin1('slave');
      reply.bulkString(primary?.host ?? '');
      reply.integer(primary?.redisPort ?? 0);
      reply.bulkLatin1(primary === undefined ? 'connect' : 'connected');
      reply.integer(node.copies?.offsetOf(undefined) ?? 0);
      return;
    }
    const replicas = cluster.members.filter((member) => member.shard === self.shard && member.id !== self.id && member.health === 'online');
    reply.array(3);
    reply.bulkLatin1('master');
    reply.integer(node.copies?.offsetOf(undefined) ?? 0);
    reply.array(replicas.length);
    for (const replica of replicas) {
      reply.array(3);
      reply.bulkString(replica.host);
      reply.bulkInteger(replica.redisPort);
      reply.bulkInteger(node.copies?.offsetOf(replica.pod) ?? 0);
    }
  },
};
