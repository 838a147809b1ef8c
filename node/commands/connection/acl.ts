import { textAt, wholeNumberAt, wordAt } from '../arguments.ts';
import type { Call, CommandSpec } from '../spec.ts';
import { helpSubcommand, subcommand } from '../subcommand.ts';

const shape = { flags: ['noscript', 'loading', 'stale'] } as const;
const adminShape = { flags: ['admin', 'noscript', 'loading', 'stale'] } as const;

function categories(call: Call): void {
  const { reply, node } = call;
  const all = node.server.table.commands.flatMap((command) => [command, ...(command.subcommands?.commands ?? [])]);
  const names = [...new Set(all.flatMap((command) => command.categories))].toSorted();
  if (call.argc > 3) return reply.error("ERR wrong number of arguments for 'acl|cat' command");
  const wanted = call.argc === 3 ? wordAt(call, 2) : undefined;
  if (wanted !== undefined && !names.includes(wanted)) return reply.error(`ERR Unknown category '${textAt(call, 2)}'`);
  const words = wanted === undefined ? names : all.filter((command) => command.categories.includes(wanted)).map((command) => command.name);
  reply.array(words.length);
  for (const word of words) reply.bulkLatin1(word);
}

function getUser(call: Call): void {
  const { reply } = call;
  const user = call.node.server.access.describe(textAt(call, 2));
  if (user === undefined) return reply.nil();
  reply.map(6);
  reply.bulkLatin1('flags');
  reply.set(user.flags.length);
  for (const flag of user.flags) reply.bulkLatin1(flag);
  reply.bulkLatin1('passwords');
  reply.array(user.passwords.length);
  for (const hash of user.passwords) reply.bulkLatin1(hash);
  reply.bulkLatin1('commands');
  reply.bulkLatin1(user.commands);
  reply.bulkLatin1('keys');
  reply.bulkString(user.keys);
  reply.bulkLatin1('channels');
  reply.bulkString(user.channels);
  reply.bulkLatin1('selectors');
  reply.array(0);
}

function list({ reply }: Call, lines: readonly string[]): void {
  reply.array(lines.length);
  for (const line of lines) reply.bulkString(line);
}

/** Users come from the manifest's Secret: what one node changed would be gone with its pod and unknown to the others. */
const notHere = (name: string, arity = -2, since = '6.0.0'): CommandSpec => subcommand(`acl|${name}`, since, arity, 'Not available: users are kept in the Secret <cluster>-auth.', ({ reply }) => reply.error(`ERR ACL ${name.toUpperCase()} is not available: users come from the Secret <cluster>-auth`), adminShape);

function generatePassword(call: Call): void {
  const bits = call.argc > 2 ? wholeNumberAt(call, 2) : 256;
  if (bits === undefined) return call.reply.error('ERR value is not an integer or out of range');
  if (bits <= 0 || bits > 4096) return call.reply.error('ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096');
  const digits = Math.ceil(bits / 4);
  call.reply.bulkLatin1(Buffer.from(call.node.ports.random.bytes(Math.ceil(digits / 2))).toString('hex').slice(0, digits));
}

export const acl: CommandSpec = {
  name: 'acl',
  summary: 'A container for Access List Control commands.',
  since: '6.0.0',
  group: 'server',
  complexity: 'Depends on subcommand.',
  arity: -2,
  flags: [],
  categories: [],
  keys: [],
  subcommands: [
    subcommand('acl|whoami', '6.0.0', 2, 'Returns the user of the connection.', ({ reply, client }) => reply.bulkString(client.user), shape),
    subcommand('acl|cat', '6.0.0', -2, 'Lists the ACL categories, or the commands inside a category.', categories, shape),
    subcommand('acl|users', '6.0.0', 2, 'Lists all users.', (call) => list(call, call.node.server.access.users()), adminShape),
    subcommand('acl|list', '6.0.0', 2, 'Lists the rules of all users in ACL file format.', (call) => list(call, call.node.server.access.list()), adminShape),
    subcommand('acl|getuser', '6.0.0', 3, 'Lists the rules of a user.', getUser, adminShape),
    subcommand('acl|genpass', '6.0.0', -2, 'Generates a pseudorandom, secure password.', generatePassword, shape),
    notHere('setuser', -3),
    notHere('deluser', -3),
    notHere('load', 2),
    notHere('save', 2),
    notHere('log'),
    notHere('dryrun', -4, '7.0.0'),
    helpSubcommand('acl', 'server', '6.0.0', ['CAT [<category>]', '    List all commands that belong to <category>, or all command categories', '    when no category is specified.', 'GETUSER <username>', '    Get the user\'s details.', 'GENPASS [<bits>]', '    Generate a secure random password.', 'LIST', '    Show users details in config file format.', 'USERS', '    List all the registered usernames.', 'WHOAMI', '    Return the current connection username.']),
  ],
};
