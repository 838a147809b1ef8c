import { textAt, wholeNumberAt, wordAt } from '../../arguments.ts';
import type { ClientSession } from '../../../server/client-session.ts';
import type { Call, CommandSpec } from '../../spec.ts';
import { subcommand } from '../../subcommand.ts';

type Test = (client: ClientSession) => boolean;

interface Filter {
  readonly tests: readonly Test[];
  readonly skipMe: boolean;
}

export const clientKill: CommandSpec = subcommand(
  'client|kill',
  '2.4.0',
  -3,
  'Terminates open connections.',
  (call) => {
    if (call.argc === 3) return killAddress(call, textAt(call, 2));
    const filter = readFilter(call);
    if (typeof filter === 'string') return call.reply.error(filter);
    const victims = [...call.node.server.clients.all()].filter((client) => !(filter.skipMe && client === call.client) && filter.tests.every((test) => test(client)));
    call.reply.integer(victims.length);
    for (const victim of victims) close(victim, call);
  },
  { group: 'connection', flags: ['admin', 'noscript', 'loading', 'stale'], categories: ['connection'], complexity: 'O(N) where N is the number of client connections' },
);

/** The old form: one address, an error when nobody has it. */
function killAddress(call: Call, address: string): void {
  for (const client of call.node.server.clients.all()) {
    if (client.address !== address) continue;
    call.reply.ok();
    return close(client, call);
  }
  call.reply.error('ERR No such client');
}

/** Whoever kills itself still gets its reply. */
function close(victim: ClientSession, call: Call): void {
  if (victim === call.client) victim.output.closeAfterReply();
  else victim.output.closeNow();
}

function readFilter(call: Call): Filter | string {
  const tests: Test[] = [];
  let skipMe = true;
  if (call.argc % 2 !== 0) return 'ERR syntax error';
  for (let i = 2; i + 1 < call.argc; i += 2) {
    const value = textAt(call, i + 1);
    switch (wordAt(call, i)) {
      case 'id': {
        const id = wholeNumberAt(call, i + 1);
        if (id === undefined || id <= 0) return 'ERR client-id should be greater than 0';
        tests.push((client) => client.id === id);
        break;
      }
      case 'type': {
        const type = value.toLowerCase();
        if (!['normal', 'master', 'replica', 'slave', 'pubsub'].includes(type)) return `ERR Unknown client type '${value}'`;
        tests.push((client) => client.clientClass === type);
        break;
      }
      case 'user':
        if (!call.node.server.access.users().includes(value)) return `ERR No such user '${value}'`;
        tests.push((client) => client.user === value);
        break;
      case 'addr':
        tests.push((client) => client.address === value);
        break;
      case 'laddr':
        tests.push((client) => client.localAddress === value);
        break;
      case 'skipme':
        if (value.toLowerCase() !== 'yes' && value.toLowerCase() !== 'no') return 'ERR syntax error';
        skipMe = value.toLowerCase() === 'yes';
        break;
      default:
        return 'ERR syntax error';
    }
  }
  return { tests, skipMe };
}
