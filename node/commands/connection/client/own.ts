import { latin1At, textAt, wordAt } from '../../arguments.ts';
import type { CommandFlag, CommandSpec } from '../../spec.ts';
import { subcommand } from '../../subcommand.ts';
import { validClientName } from '../client-names.ts';

const flags: readonly CommandFlag[] = ['noscript', 'loading', 'stale'];
const shape = { group: 'connection', flags, categories: ['connection'] } as const;

export const clientId: CommandSpec = subcommand('client|id', '5.0.0', 2, 'Returns the unique id of the connection.', ({ reply, client }) => reply.integer(client.id), shape);

export const clientGetname: CommandSpec = subcommand(
  'client|getname',
  '2.6.9',
  2,
  'Returns the name of the connection.',
  ({ reply, client }) => {
    if (client.name === '') reply.nil();
    else reply.bulkLatin1(client.name);
  },
  shape,
);

export const clientSetname: CommandSpec = subcommand(
  'client|setname',
  '2.6.9',
  3,
  'Sets the name of the connection.',
  (call) => {
    const name = latin1At(call, 2);
    if (!validClientName(name)) return call.reply.error('ERR Client names cannot contain spaces, newlines or special characters.');
    call.client.name = name;
    call.reply.ok();
  },
  shape,
);

export const clientSetinfo: CommandSpec = subcommand(
  'client|setinfo',
  '7.2.0',
  4,
  'Sets information about the client or its library.',
  (call) => {
    const attribute = wordAt(call, 2);
    const value = latin1At(call, 3);
    if (attribute !== 'lib-name' && attribute !== 'lib-ver') return call.reply.error(`ERR Unrecognized option '${textAt(call, 2)}'`);
    if (!validClientName(value)) return call.reply.error(`ERR ${attribute} cannot contain spaces, newlines or special characters.`);
    if (attribute === 'lib-name') call.client.libraryName = value;
    else call.client.libraryVersion = value;
    call.reply.ok();
  },
  shape,
);

export const clientReply: CommandSpec = subcommand(
  'client|reply',
  '3.2.0',
  3,
  'Instructs the server whether to reply to commands.',
  (call) => {
    const mode = wordAt(call, 2);
    const { client, reply } = call;
    if (mode === 'on') {
      client.replyMode = 'on';
      reply.ok();
    } else if (mode === 'off') {
      client.replyMode = 'off';
    } else if (mode === 'skip') {
      if (client.replyMode === 'on') client.replyMode = 'skip-next';
    } else {
      reply.error('ERR syntax error');
    }
  },
  shape,
);

/** ON and OFF of a session's switch. */
function toggle(name: string, since: string, summary: string, set: (client: Parameters<NonNullable<CommandSpec['run']>>[0]['client'], on: boolean) => void): CommandSpec {
  return subcommand(
    name,
    since,
    3,
    summary,
    (call) => {
      const word = wordAt(call, 2);
      if (word !== 'on' && word !== 'off') return call.reply.error('ERR syntax error');
      set(call.client, word === 'on');
      call.reply.ok();
    },
    shape,
  );
}

export const clientNoEvict: CommandSpec = { ...toggle('client|no-evict', '7.0.0', 'Protects the connection from being closed to free memory.', (client, on) => (client.noEvict = on)), flags: ['admin', 'noscript', 'loading', 'stale'] };
export const clientNoTouch: CommandSpec = toggle('client|no-touch', '7.2.0', 'Reads of this connection do not count as use of a key.', (client, on) => (client.noTouch = on));
