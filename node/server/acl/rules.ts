import { createHash } from 'node:crypto';

/** A key pattern and what it allows. */
export interface KeyPattern {
  readonly pattern: string;
  readonly read: boolean;
  readonly write: boolean;
}

/** `+get`, `-@dangerous`, `+config|get`: the last rule that speaks of a command decides. */
export interface CommandRule {
  readonly allow: boolean;
  readonly category: boolean;
  readonly name: string;
}

/** A user as rules of the ACL file describe it. */
export interface AclUser {
  readonly name: string;
  readonly enabled: boolean;
  readonly noPassword: boolean;
  /** SHA-256, lower-case hex. */
  readonly passwords: readonly string[];
  readonly keys: readonly KeyPattern[];
  readonly channels: readonly string[];
  readonly commands: readonly CommandRule[];
}

export const sha256Hex = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A user before any rule: off, without passwords, allowed nothing. */
export function newUser(name: string): AclUser {
  return { name, enabled: false, noPassword: false, passwords: [], keys: [], channels: [], commands: [] };
}

const everyKey: KeyPattern = { pattern: '*', read: true, write: true };
const allCommands: CommandRule = { allow: true, category: true, name: 'all' };

type Change = (user: AclUser) => AclUser;

const words: Readonly<Record<string, Change>> = {
  on: (user) => ({ ...user, enabled: true }),
  off: (user) => ({ ...user, enabled: false }),
  nopass: (user) => ({ ...user, noPassword: true, passwords: [] }),
  resetpass: (user) => ({ ...user, noPassword: false, passwords: [] }),
  allkeys: (user) => ({ ...user, keys: [everyKey] }),
  resetkeys: (user) => ({ ...user, keys: [] }),
  allchannels: (user) => ({ ...user, channels: ['*'] }),
  resetchannels: (user) => ({ ...user, channels: [] }),
  allcommands: (user) => ({ ...user, commands: [allCommands] }),
  nocommands: (user) => ({ ...user, commands: [] }),
  reset: (user) => newUser(user.name),
  'sanitize-payload': (user) => user,
  'skip-sanitize-payload': (user) => user,
  clearselectors: (user) => user,
};

/** Applies one rule (`>secret`, `~cache:*`, `+@read` …); undefined when it is none. */
export function applyRule(user: AclUser, rule: string): AclUser | undefined {
  const word = words[rule.toLowerCase()];
  if (word !== undefined) return word(user);
  const rest = rule.slice(1);
  switch (rule[0]) {
    case '>':
      return withPassword(user, sha256Hex(Buffer.from(rest)));
    case '#':
      return /^[0-9a-f]{64}$/.test(rest) ? withPassword(user, rest) : undefined;
    case '<':
      return { ...user, passwords: user.passwords.filter((hash) => hash !== sha256Hex(Buffer.from(rest))) };
    case '!':
      return { ...user, passwords: user.passwords.filter((hash) => hash !== rest) };
    case '~':
      return { ...user, keys: [...user.keys, { pattern: rest, read: true, write: true }] };
    case '%':
      return withKeyPermission(user, rest);
    case '&':
      return { ...user, channels: [...user.channels, rest] };
    case '+':
    case '-':
      return withCommand(user, rule[0] === '+', rest.toLowerCase());
    default:
      return undefined;
  }
}

function withPassword(user: AclUser, hash: string): AclUser {
  return { ...user, noPassword: false, passwords: [...new Set([...user.passwords, hash])] };
}

/** `R~pattern`, `W~pattern`, `RW~pattern`. */
function withKeyPermission(user: AclUser, text: string): AclUser | undefined {
  const match = /^([RW]{1,2})~([\s\S]*)$/i.exec(text);
  if (match === null) return undefined;
  const kinds = match[1].toUpperCase();
  return { ...user, keys: [...user.keys, { pattern: match[2], read: kinds.includes('R'), write: kinds.includes('W') }] };
}

function withCommand(user: AclUser, allow: boolean, text: string): AclUser | undefined {
  const category = text.startsWith('@');
  const name = category ? text.slice(1) : text;
  if (!/^[a-z0-9|_-]+$/.test(name)) return undefined;
  // Rules before one that speaks of everything no longer matter.
  const earlier = category && name === 'all' ? [] : user.commands.filter((one) => one.name !== name || one.category !== category);
  return { ...user, commands: [...earlier, { allow, category, name }] };
}

/** The rules of a user as ACL LIST prints them. */
export function describeUser(user: AclUser): string {
  return ['user', user.name, user.enabled ? 'on' : 'off', ...(user.noPassword ? ['nopass'] : []), ...user.passwords.map((hash) => `#${hash}`), describeKeys(user), describeChannels(user), describeCommands(user)].filter((part) => part !== '').join(' ');
}

export function describeKeys(user: AclUser): string {
  return user.keys.map(({ pattern, read, write }) => (read && write ? `~${pattern}` : `%${read ? 'R' : 'W'}~${pattern}`)).join(' ');
}

function describeChannels(user: AclUser): string {
  return user.channels.length === 0 ? 'resetchannels' : user.channels.map((pattern) => `&${pattern}`).join(' ');
}

export function describeCommands(user: AclUser): string {
  const rules = user.commands.map(({ allow, category, name }) => `${allow ? '+' : '-'}${category ? '@' : ''}${name}`);
  return rules[0] === '+@all' || rules[0] === '-@all' ? rules.join(' ') : ['-@all', ...rules].join(' ');
}
