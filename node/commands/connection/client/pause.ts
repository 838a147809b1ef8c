import { wholeNumberAt, wordAt } from '../../arguments.ts';
import type { CommandSpec } from '../../spec.ts';
import { subcommand } from '../../subcommand.ts';

const shape = { group: 'connection', flags: ['admin', 'noscript', 'loading', 'stale'], categories: ['connection'] } as const;

export const clientPause: CommandSpec = subcommand(
  'client|pause',
  '2.9.50',
  -3,
  'Suspends commands processing.',
  (call) => {
    const { argc, reply } = call;
    const mode = argc === 4 ? wordAt(call, 3) : 'all';
    if (argc > 4) return reply.error("ERR wrong number of arguments for 'client|pause' command");
    if (mode !== 'all' && mode !== 'write') return reply.error('ERR CLIENT PAUSE mode must be WRITE or ALL');
    const milliseconds = wholeNumberAt(call, 2);
    if (milliseconds === undefined) return reply.error('ERR timeout is not an integer or out of range');
    if (milliseconds < 0) return reply.error('ERR timeout is negative');
    call.node.server.pause.pause(mode, milliseconds);
    reply.ok();
  },
  shape,
);

export const clientUnpause: CommandSpec = subcommand('client|unpause', '6.2.0', 2, 'Resumes processing commands from paused clients.', ({ reply, node }) => {
  node.server.pause.end();
  reply.ok();
}, { ...shape, complexity: 'O(N) Where N is the number of paused clients' });

export const clientUnblock: CommandSpec = subcommand(
  'client|unblock',
  '5.0.0',
  -3,
  'Unblocks a client blocked by a blocking command from a different connection.',
  (call) => {
    const { argc, reply } = call;
    const how = argc === 4 ? wordAt(call, 3) : 'timeout';
    if (argc > 4) return reply.error("ERR wrong number of arguments for 'client|unblock' command");
    if (how !== 'timeout' && how !== 'error') return reply.error('ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR');
    const id = wholeNumberAt(call, 2);
    if (id === undefined) return reply.error('ERR value is not an integer or out of range');
    reply.integer(call.node.server.blocking.unblock(id, how) ? 1 : 0);
  },
  shape,
);
