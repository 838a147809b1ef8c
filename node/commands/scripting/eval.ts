import { wordAt } from '../arguments.ts';
import type { Call, CommandSpec } from '../spec.ts';
import { helpSubcommand, subcommand } from '../subcommand.ts';

const unsupported = 'ERR scripting is not supported: Meridian runs no Lua (see docs/commands.md)';
const refuse = ({ reply }: Call): void => reply.error(unsupported);
const keys: CommandSpec['keys'] = [{ flags: ['RW', 'access', 'update'], beginSearch: { type: 'index', index: 2 }, findKeys: { type: 'keynum', keyNumIndex: 0, firstKey: 1, step: 1 } }];
const readKeys: CommandSpec['keys'] = [{ ...keys[0], flags: ['RO', 'access'] }];
const shape = { group: 'scripting', complexity: 'Depends on the script that is executed.', arity: -3, categories: ['scripting'], keys, run: refuse } as const;
const flags = ['noscript', 'stale', 'skip_monitor', 'no_mandatory_keys', 'movablekeys'] as const;

export const evalCommand: CommandSpec = { ...shape, name: 'eval', summary: 'Not supported: runs a Lua script.', since: '2.6.0', flags };
export const evalsha: CommandSpec = { ...shape, name: 'evalsha', summary: 'Not supported: runs a Lua script by its digest.', since: '2.6.0', flags };
export const evalRo: CommandSpec = { ...shape, name: 'eval_ro', summary: 'Not supported: runs a read-only Lua script.', since: '7.0.0', flags: [...flags, 'readonly'], keys: readKeys };
export const evalshaRo: CommandSpec = { ...shape, name: 'evalsha_ro', summary: 'Not supported: runs a read-only Lua script by its digest.', since: '7.0.0', flags: [...flags, 'readonly'], keys: readKeys };
export const fcall: CommandSpec = { ...shape, name: 'fcall', summary: 'Not supported: calls a function.', since: '7.0.0', flags };
export const fcallRo: CommandSpec = { ...shape, name: 'fcall_ro', summary: 'Not supported: calls a read-only function.', since: '7.0.0', flags: [...flags, 'readonly'], keys: readKeys };

const container = { group: 'scripting', complexity: 'Depends on subcommand.', arity: -2, flags: [], categories: [], keys: [] } as const;
const inner = { group: 'scripting', flags: ['noscript'], categories: ['scripting'] } as const;

function empty({ reply }: Call): void {
  reply.array(0);
}

/** Nothing can be loaded, so nothing can be there to be flushed. */
function flush(call: Call): void {
  const mode = call.argc > 2 ? wordAt(call, 2) : 'sync';
  if (call.argc > 3 || (mode !== 'sync' && mode !== 'async')) call.reply.error(`ERR ${wordAt(call, 0).toUpperCase()} FLUSH only supports SYNC|ASYNC option`);
  else call.reply.ok();
}

export const functionCommand: CommandSpec = {
  ...container,
  name: 'function',
  summary: 'A container for function commands.',
  since: '7.0.0',
  subcommands: [
    subcommand('function|flush', '7.0.0', -2, 'Deletes all functions: there are none.', flush, { ...inner, flags: ['noscript', 'write'] }),
    subcommand('function|list', '7.0.0', -2, 'Lists the libraries: there are none.', empty, inner),
    subcommand('function|load', '7.0.0', -3, 'Not supported: loads a library.', refuse, { ...inner, flags: ['noscript', 'write', 'denyoom'] }),
    subcommand('function|delete', '7.0.0', 3, 'Deletes a library: there are none.', ({ reply }) => reply.error('ERR Library not found'), { ...inner, flags: ['noscript', 'write'] }),
    subcommand('function|kill', '7.0.0', 2, 'Terminates a function: none is running.', ({ reply }) => reply.error('NOTBUSY No scripts in execution right now.'), { ...inner, flags: ['noscript', 'allow_busy'] }),
    subcommand('function|stats', '7.0.0', 2, 'Returns the running function (none) and the engines (none).', ({ reply }) => {
      reply.map(2);
      reply.bulkLatin1('running_script');
      reply.nil();
      reply.bulkLatin1('engines');
      reply.map(0);
    }, { ...inner, flags: ['noscript', 'allow_busy'] }),
    subcommand('function|dump', '7.0.0', 2, 'Not supported: dumps all libraries.', refuse, inner),
    subcommand('function|restore', '7.0.0', -3, 'Not supported: restores libraries.', refuse, { ...inner, flags: ['noscript', 'write', 'denyoom'] }),
    helpSubcommand('function', 'scripting', '7.0.0', ['FLUSH [ASYNC|SYNC]', '    There are no libraries to delete.', 'LIST', '    There are no libraries.', 'STATS', '    Says that no function runs.']),
  ],
};

export const script: CommandSpec = {
  ...container,
  name: 'script',
  summary: 'A container for Lua scripts management commands.',
  since: '2.6.0',
  subcommands: [
    subcommand('script|flush', '2.6.0', -2, 'Removes all scripts: there are none.', flush, inner),
    subcommand('script|exists', '2.6.0', -3, 'Says which scripts are there: none.', ({ reply, argc }) => {
      reply.array(argc - 2);
      for (let i = 2; i < argc; i++) reply.integer(0);
    }, inner),
    subcommand('script|load', '2.6.0', 3, 'Not supported: loads a Lua script.', refuse, { ...inner, flags: ['noscript', 'stale'] }),
    subcommand('script|kill', '2.6.0', 2, 'Terminates a script: none is running.', ({ reply }) => reply.error('NOTBUSY No scripts in execution right now.'), { ...inner, flags: ['noscript', 'allow_busy'] }),
    helpSubcommand('script', 'scripting', '5.0.0', ['EXISTS <sha1> [<sha1> ...]', '    There are no scripts.', 'FLUSH [ASYNC|SYNC]', '    There are no scripts to delete.']),
  ],
};
