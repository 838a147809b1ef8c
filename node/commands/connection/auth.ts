import { bytesAt, textAt } from '../arguments.ts';
import type { Call, CommandSpec } from '../spec.ts';

const wrongPassword = 'WRONGPASS invalid username-password pair or user is disabled.';

/** Tries a user and password for the client. Undefined: it is that user now; else the error line. */
export function signIn(call: Call, user: string, password: Uint8Array): string | undefined {
  const { access, statistics } = call.node.server;
  if (!access.authenticate(user, password)) {
    statistics.aclDeniedAuth++;
    return wrongPassword;
  }
  const refusal = call.node.tenants?.signIn(call, user);
  if (refusal !== undefined) return refusal;
  call.client.user = user;
  call.client.authenticated = true;
  return undefined;
}

export const auth: CommandSpec = {
  name: 'auth',
  summary: 'Authenticates the connection.',
  since: '1.0.0',
  group: 'connection',
  complexity: 'O(N) where N is the number of passwords defined for the user',
  arity: -2,
  flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
  categories: ['connection'],
  keys: [],
  args: [{ name: 'username', type: 'string', optional: true }, { name: 'password', type: 'string' }],
  run(call) {
    const { reply, argc } = call;
    if (argc > 3) return reply.error('ERR syntax error');
    if (argc === 2 && call.node.server.access.defaultHasNoPassword) {
      return reply.error('ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?');
    }
    const user = argc === 3 ? textAt(call, 1) : 'default';
    const refusal = signIn(call, user, bytesAt(call, argc - 1));
    if (refusal === undefined) reply.ok();
    else reply.error(refusal);
  },
};
