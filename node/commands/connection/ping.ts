import type { CommandSpec } from '../spec.ts';

export const ping: CommandSpec = {
  name: 'ping',
  summary: "Returns the server's liveliness response, or the message.",
  since: '1.0.0',
  group: 'connection',
  complexity: 'O(1)',
  arity: -1,
  flags: ['fast'],
  categories: ['connection'],
  keys: [],
  args: [{ name: 'message', type: 'string', optional: true }],
  run({ argc, bytes, start, length, reply, client }) {
    if (argc > 2) return reply.error("ERR wrong number of arguments for 'ping' command");
    if (client.resp === 2 && client.subscribed) {
      reply.array(2);
      reply.bulkLatin1('pong');
      if (argc === 2) reply.bulk(bytes, start[1], length[1]);
      else reply.bulkLatin1('');
    } else if (argc === 2) {
      reply.bulk(bytes, start[1], length[1]);
    } else {
      reply.simple('PONG');
    }
  },
};
