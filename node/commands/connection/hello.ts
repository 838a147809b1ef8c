import { bytesAt, latin1At, textAt, wholeNumberAt, wordAt } from '../arguments.ts';
import type { Call, CommandSpec } from '../spec.ts';
import { signIn } from './auth.ts';
import { validClientName } from './client-names.ts';

/** The Redis version whose commands we follow; what HELLO and INFO tell clients that choose by version. */
export const redisVersion = '7.0.15';

export const hello: CommandSpec = {
  name: 'hello',
  summary: 'Handshakes with the server: protocol version, credentials and name.',
  since: '6.0.0',
  group: 'connection',
  complexity: 'O(1)',
  arity: -1,
  flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
  categories: ['connection'],
  keys: [],
  args: [
    {
      name: 'arguments',
      type: 'block',
      optional: true,
      args: [
        { name: 'protover', type: 'integer' },
        { name: 'auth', type: 'block', token: 'AUTH', optional: true, args: [{ name: 'username', type: 'string' }, { name: 'password', type: 'string' }] },
        { name: 'clientname', type: 'string', token: 'SETNAME', optional: true },
      ],
    },
  ],
  run(call) {
    const problem = greet(call);
    if (problem === undefined) introduce(call);
    else call.reply.error(problem);
  },
};

function greet(call: Call): string | undefined {
  const { argc, client } = call;
  const version = argc > 1 ? wholeNumberAt(call, 1) : client.resp;
  if (version === undefined) return 'ERR Protocol version is not an integer or out of range';
  if (version !== 2 && version !== 3) return 'NOPROTO unsupported protocol version';
  let name: string | undefined;
  let at = 2;
  while (at < argc) {
    const option = wordAt(call, at);
    if (option === 'auth' && at + 2 < argc) {
      const refusal = signIn(call, textAt(call, at + 1), bytesAt(call, at + 2));
      if (refusal !== undefined) return refusal;
      at += 3;
    } else if (option === 'setname' && at + 1 < argc) {
      name = latin1At(call, at + 1);
      at += 2;
    } else {
      return `ERR Syntax error in HELLO option '${textAt(call, at)}'`;
    }
  }
  if (!client.authenticated) {
    return 'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time';
  }
  if (name !== undefined) {
    if (!validClientName(name)) return 'ERR Client names cannot contain spaces, newlines or special characters.';
    client.name = name;
  }
  if (argc > 1) {
    client.resp = version;
    call.reply.resp = version;
  }
  return undefined;
}

function introduce({ reply, client, node }: Call): void {
  reply.map(7);
  reply.bulkLatin1('server');
  reply.bulkLatin1('redis');
  reply.bulkLatin1('version');
  reply.bulkLatin1(redisVersion);
  reply.bulkLatin1('proto');
  reply.integer(client.resp);
  reply.bulkLatin1('id');
  reply.integer(client.id);
  reply.bulkLatin1('mode');
  reply.bulkLatin1('cluster');
  reply.bulkLatin1('role');
  reply.bulkLatin1(node.cluster.self.role === 'replica' ? 'replica' : 'master');
  reply.bulkLatin1('modules');
  reply.array(0);
}
