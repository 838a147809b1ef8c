import { latin1At, wordAt } from '../arguments.ts';
import { keyPositions } from '../key-extraction.ts';
import type { Command } from '../registry.ts';
import type { Call, CommandSpec } from '../spec.ts';
import { helpSubcommand, subcommand } from '../subcommand.ts';
import { writeCommandDocs } from './command-docs.ts';
import { writeCommandInfo } from './command-info.ts';

const shape = { group: 'server', categories: ['connection'] } as const;

/** The command or subcommand (`config|get`) that an argument names. */
function namedAt(call: Call, index: number): Command | undefined {
  return call.node.server.table.named(wordAt(call, index));
}

const commandCount: CommandSpec = subcommand('command|count', '2.8.13', 2, 'Returns the number of commands.', ({ reply, node }) => reply.integer(node.server.table.commands.length), shape);

function infoOf(call: Call, commands: readonly (Command | undefined)[]): void {
  call.reply.array(commands.length);
  for (const command of commands) {
    if (command === undefined) call.reply.nil();
    else writeCommandInfo(call.reply, command);
  }
}

const commandInfo: CommandSpec = subcommand(
  'command|info',
  '2.8.13',
  -2,
  'Returns information about one, several or all commands.',
  (call) => {
    const asked = Array.from({ length: call.argc - 2 }, (_, i) => namedAt(call, i + 2));
    infoOf(call, call.argc === 2 ? call.node.server.table.commands : asked);
  },
  { ...shape, complexity: 'O(N) where N is the number of commands to look up' },
);

const commandDocs: CommandSpec = subcommand(
  'command|docs',
  '7.0.0',
  -2,
  'Returns the documentation of one, several or all commands.',
  (call) => {
    const asked = Array.from({ length: call.argc - 2 }, (_, i) => namedAt(call, i + 2)).filter((command) => command !== undefined);
    const commands = call.argc === 2 ? call.node.server.table.commands : asked;
    call.reply.map(commands.length);
    for (const command of commands) {
      call.reply.bulkLatin1(command.name);
      writeCommandDocs(call.reply, command);
    }
  },
  { ...shape, complexity: 'O(N) where N is the number of commands to look up' },
);

const commandList: CommandSpec = subcommand(
  'command|list',
  '7.0.0',
  -2,
  'Returns the names of the commands.',
  (call) => {
    const chosen = listed(call);
    if (chosen === undefined) return call.reply.error('ERR syntax error');
    call.reply.array(chosen.length);
    for (const command of chosen) call.reply.bulkLatin1(command.name);
  },
  { ...shape, complexity: 'O(N) where N is the number of commands' },
);

function listed(call: Call): readonly Command[] | undefined {
  const { commands } = call.node.server.table;
  const all = commands.flatMap((command) => [command, ...(command.subcommands?.commands ?? [])]);
  if (call.argc === 2) return all;
  if (call.argc !== 5 || wordAt(call, 2) !== 'filterby') return undefined;
  const value = wordAt(call, 4);
  switch (wordAt(call, 3)) {
    case 'module':
      return [];
    case 'aclcat':
      return all.filter((command) => command.categories.includes(value));
    case 'pattern': {
      const pattern = globPattern(latin1At(call, 4));
      return all.filter((command) => pattern.test(command.name));
    }
    default:
      return undefined;
  }
}

/** Command names are few and short: a regular expression does. */
function globPattern(glob: string): RegExp {
  return new RegExp(`^${glob.replace(/[.+^${}()|\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i');
}

/** The call that arguments 2 … describe, as a call of its own. */
function innerCall(call: Call): { readonly command: Command; readonly inner: Pick<Call, 'bytes' | 'argc' | 'start' | 'length'> } | string {
  const container = namedAt(call, 2);
  const command = container?.subcommands !== undefined && call.argc > 3 ? call.node.server.table.named(`${container.name}|${wordAt(call, 3)}`) : container;
  if (command === undefined) return 'ERR Invalid command specified';
  const inner = { bytes: call.bytes, argc: call.argc - 2, start: call.start.subarray(2, call.argc), length: call.length.subarray(2, call.argc) };
  // Shard channels are found like keys and are none.
  if (command.spec.keys.every((key) => key.flags.includes('not_key'))) return 'ERR The command has no key arguments';
  if ((command.arity > 0 && inner.argc !== command.arity) || inner.argc < -command.arity) return 'ERR Invalid number of arguments specified for command';
  return { command, inner };
}

function keysAnswer(call: Call, withFlags: boolean): void {
  const found = innerCall(call);
  if (typeof found === 'string') return call.reply.error(found);
  const positions = keyPositions(found.command, found.inner);
  if (positions === undefined || positions.length === 0) {
    if (found.command.spec.flags.includes('no_mandatory_keys')) return call.reply.array(0);
    return call.reply.error('ERR Invalid arguments specified for command');
  }
  call.reply.array(positions.length);
  for (const { index, spec } of positions) {
    if (withFlags) call.reply.array(2);
    call.reply.bulk(found.inner.bytes, found.inner.start[index], found.inner.length[index]);
    if (!withFlags) continue;
    const flags = flagsInUse(found.command, found.inner, spec.flags);
    call.reply.set(flags.length);
    for (const flag of flags) call.reply.simple(flag);
  }
}

/** SET and BITFIELD do with their key what their arguments say. */
function flagsInUse(command: Command, inner: Pick<Call, 'bytes' | 'argc' | 'start' | 'length'>, flags: readonly string[]): readonly string[] {
  if (!flags.includes('variable_flags')) return flags;
  const words = Array.from({ length: inner.argc }, (_, i) => Buffer.from(inner.bytes.subarray(inner.start[i], inner.start[i] + inner.length[i])).toString('latin1').toLowerCase());
  if (command.name === 'set') return words.includes('get', 3) ? ['RW', 'access', 'update'] : ['OW', 'update'];
  if (command.name === 'bitfield') return words.some((word) => word === 'set' || word === 'incrby') ? ['RW', 'access', 'update'] : ['RO', 'access'];
  return flags.filter((flag) => flag !== 'variable_flags');
}

const complexity = 'O(N) where N is the number of arguments to the command';
const commandGetkeys: CommandSpec = subcommand('command|getkeys', '2.8.13', -4, 'Extracts the key names from a full command.', (call) => keysAnswer(call, false), { ...shape, complexity });
const commandGetkeysandflags: CommandSpec = subcommand('command|getkeysandflags', '7.0.0', -4, 'Extracts the key names and access flags from a full command.', (call) => keysAnswer(call, true), { ...shape, complexity });

export const command: CommandSpec = {
  name: 'command',
  summary: 'Returns detailed information about all commands.',
  since: '2.8.13',
  group: 'server',
  complexity: 'O(N) where N is the total number of commands',
  arity: -1,
  flags: ['loading', 'stale'],
  categories: ['connection'],
  keys: [],
  run(call) {
    if (call.argc === 1) infoOf(call, call.node.server.table.commands);
    else call.reply.error(`ERR unknown subcommand '${latin1At(call, 1).slice(0, 128)}'. Try COMMAND HELP.`);
  },
  subcommands: [
    commandCount,
    commandInfo,
    commandDocs,
    commandList,
    commandGetkeys,
    commandGetkeysandflags,
    helpSubcommand('command', 'server', '5.0.0', [
      '(no subcommand)',
      '    Return details about all commands.',
      'COUNT',
      '    Return the total number of commands in this server.',
      'DOCS [<command-name> ...]',
      '    Return documentation details about commands.',
      'GETKEYS <full-command>',
      '    Return the keys from a full command.',
      'INFO [<command-name> ...]',
      '    Return details about multiple commands.',
      'LIST [FILTERBY ACLCAT <cat> | PATTERN <pattern> | MODULE <module>]',
      '    Return a list of the command names.',
    ]),
  ],
};
