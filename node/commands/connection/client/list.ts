import { textAt, wholeNumberAt, wordAt } from '../../arguments.ts';
import type { ClientSession } from '../../../server/client-session.ts';
import type { Call, CommandSpec } from '../../spec.ts';
import { subcommand } from '../../subcommand.ts';

/** One line of CLIENT LIST, fields as Redis 7 has them. */
function describeClient(client: ClientSession, nowMs: number): string {
  const queued = client.transaction === undefined ? -1 : client.transaction.queue.length;
  const age = Math.max(0, Math.floor((nowMs - client.createdAtMs) / 1000));
  const idle = Math.max(0, Math.floor((nowMs - client.lastActiveMs) / 1000));
  const { output } = client;
  return [
    `id=${client.id}`,
    `addr=${client.address}`,
    `laddr=${client.localAddress}`,
    `fd=${client.fd}`,
    `name=${client.name}`,
    `age=${age}`,
    `idle=${idle}`,
    `flags=${flagsOf(client)}`,
    'db=0',
    `sub=${client.channels?.size ?? 0}`,
    `psub=${client.patterns?.size ?? 0}`,
    `ssub=${client.shardChannels?.size ?? 0}`,
    `multi=${queued}`,
    `qbuf=${output.inputBytes}`,
    'qbuf-free=0',
    `argv-mem=0`,
    'multi-mem=0',
    'rbs=0',
    'rbp=0',
    'obl=0',
    `oll=${output.pendingBytes > 0 ? 1 : 0}`,
    `omem=${output.pendingBytes}`,
    `tot-mem=${output.inputBytes + output.pendingBytes + sessionBytes}`,
    'events=r',
    `cmd=${client.lastCommand === '' ? 'NULL' : client.lastCommand}`,
    `user=${client.user}`,
    `redir=${client.tracking === undefined ? -1 : client.tracking.redirect}`,
    `resp=${client.resp}`,
    `lib-name=${client.libraryName}`,
    `lib-ver=${client.libraryVersion}`,
  ].join(' ');
}

/** Heap of a connection with nothing in its buffers, measured (bench/protocol, idle connections). */
const sessionBytes = 4096;

function flagsOf(client: ClientSession): string {
  const flags = [client.monitor ? 'O' : '', trackingFlags(client), client.subscribed ? 'P' : '', client.transaction === undefined ? '' : 'x', client.watchBroken ? 'd' : '', client.blocked ? 'b' : '', client.readonly ? 'r' : '', client.closing ? 'c' : '', client.noEvict ? 'e' : '', client.noTouch ? 'T' : ''].join('');
  return flags === '' ? 'N' : flags;
}

function trackingFlags({ tracking }: ClientSession): string {
  if (tracking === undefined) return '';
  return `t${tracking.broken ? 'R' : ''}${tracking.bcast ? 'B' : ''}`;
}

const shape = { group: 'connection', flags: ['admin', 'noscript', 'loading', 'stale'], categories: ['connection'], complexity: 'O(N) where N is the number of client connections' } as const;

export const clientInfo: CommandSpec = subcommand('client|info', '6.2.0', 2, 'Returns information about the connection.', ({ reply, client, nowMs }) => reply.verbatim('txt', `${describeClient(client, nowMs)}\n`), {
  ...shape,
  flags: ['noscript', 'loading', 'stale'],
  complexity: 'O(1)',
});

export const clientList: CommandSpec = subcommand(
  'client|list',
  '2.4.0',
  -2,
  'Lists open connections.',
  (call) => {
    const chosen = choose(call);
    if (typeof chosen === 'string') call.reply.error(chosen);
    else call.reply.verbatim('txt', chosen.map((client) => `${describeClient(client, call.nowMs)}\n`).join(''));
  },
  shape,
);

function choose(call: Call): readonly ClientSession[] | string {
  const { argc } = call;
  const { clients } = call.node.server;
  if (argc === 2) return [...clients.all()];
  if (argc === 4 && wordAt(call, 2) === 'type') {
    const type = wordAt(call, 3);
    if (!['normal', 'master', 'replica', 'slave', 'pubsub'].includes(type)) return `ERR Unknown client type '${textAt(call, 3)}'`;
    return [...clients.all()].filter((client) => client.clientClass === type);
  }
  if (argc > 3 && wordAt(call, 2) === 'id') {
    const found: ClientSession[] = [];
    for (let i = 3; i < argc; i++) {
      const id = wholeNumberAt(call, i);
      if (id === undefined || id <= 0) return 'ERR Invalid client ID';
      const client = clients.find(id);
      if (client !== undefined) found.push(client);
    }
    return found;
  }
  return 'ERR syntax error';
}
