import type { CommandSpec } from '../../spec.ts';
import { helpSubcommand } from '../../subcommand.ts';
import { clientKill } from './kill.ts';
import { clientInfo, clientList } from './list.ts';
import { clientPause, clientUnblock, clientUnpause } from './pause.ts';
import { clientCaching, clientGetredir, clientTracking, clientTrackinginfo } from './tracking.ts';
import { clientGetname, clientId, clientNoEvict, clientNoTouch, clientReply, clientSetinfo, clientSetname } from './own.ts';

export const client: CommandSpec = {
  name: 'client',
  summary: 'A container for client connection commands.',
  since: '2.4.0',
  group: 'connection',
  complexity: 'Depends on subcommand.',
  arity: -2,
  flags: [],
  categories: [],
  keys: [],
  subcommands: [
    clientId,
    clientGetname,
    clientSetname,
    clientSetinfo,
    clientInfo,
    clientList,
    clientKill,
    clientReply,
    clientNoEvict,
    clientNoTouch,
    clientTracking,
    clientCaching,
    clientGetredir,
    clientTrackinginfo,
    clientPause,
    clientUnpause,
    clientUnblock,
    helpSubcommand('client', 'connection', '5.0.0', [
      'GETNAME',
      '    Return the name of the current connection.',
      'ID',
      '    Return the ID of the current connection.',
      'INFO',
      '    Return information about the current client connection.',
      'KILL <option> ...',
      '    Kill connections by ID, TYPE, USER, ADDR, LADDR or SKIPME.',
      'LIST [TYPE <type>] [ID <id> ...]',
      '    Return information about client connections.',
      'SETNAME <name>',
      '    Assign a name to the current connection.',
    ]),
  ],
};
