import { timingSafeEqual } from 'node:crypto';
import { keyPositions } from '../../commands/key-extraction.ts';
import { globMatches } from '../../commands/pubsub/glob.ts';
import type { Command } from '../../commands/registry.ts';
import type { AccessControl, UserDescription } from '../../commands/services.ts';
import type { Call, KeySpec } from '../../commands/spec.ts';
import { parseAclFile } from './acl-file.ts';
import { applyRule, describeCommands, describeKeys, describeUser, newUser, sha256Hex, type AclUser } from './rules.ts';

export interface AccessFiles {
  /** Text of users.acl. */
  readonly usersAcl?: string;
  /** Password of the user `default`, unless users.acl says otherwise. */
  readonly defaultPassword?: string;
}

/** The user of what the node does by itself, which was allowed before: no line of users.acl can name it. */
export const nodeItself = '';

interface CompiledUser {
  readonly user: AclUser;
  readonly everyKey: boolean;
  readonly everyChannel: boolean;
  /** By command id: undefined until asked for the first time. */
  readonly allowed: (boolean | undefined)[];
}

/** The users of the mounted files; throws NODE_CONFIG when users.acl makes no sense. `load` takes new files while serving. */
export interface LoadedAccess extends AccessControl {
  load(files: AccessFiles): void;
}

export function createAccessControl(files: AccessFiles): LoadedAccess {
  return new UserTable(files);
}

class UserTable implements LoadedAccess {
  /** Plain fields: every command looks at them. */
  openToAll = false;
  defaultHasNoPassword = false;
  #users: ReadonlyMap<string, CompiledUser> = new Map();

  constructor(files: AccessFiles) {
    this.load(files);
  }

  load(files: AccessFiles): void {
    this.#users = compileAll(files);
    const byDefault = this.#users.get('default');
    this.openToAll = isOpen(byDefault);
    this.defaultHasNoPassword = byDefault?.user.enabled === true && byDefault.user.noPassword;
  }

  authenticate(name: string, password: Uint8Array): boolean {
    const user = this.#users.get(name)?.user;
    const digest = Buffer.from(sha256Hex(password));
    const known = user?.passwords.map((hash) => timingSafeEqual(Buffer.from(hash), digest)) ?? [];
    return user?.enabled === true && (user.noPassword || known.includes(true));
  }

  users(): readonly string[] {
    return [...this.#users.keys()];
  }

  describe(name: string): UserDescription | undefined {
    return describe(this.#users.get(name)?.user);
  }

  list(): readonly string[] {
    return [...this.#users.values()].map(({ user }) => describeUser(user));
  }

  refusal(command: Command, call: Call): string | undefined {
    if (call.client.user === nodeItself) return undefined;
    return refusal(this.#users.get(call.client.user), command, call);
  }
}

function compileAll({ usersAcl, defaultPassword }: AccessFiles): ReadonlyMap<string, CompiledUser> {
  const parsed = parseAclFile(usersAcl ?? '');
  const named = parsed.some(({ name }) => name === 'default') ? parsed : [defaultUserOf(defaultPassword), ...parsed];
  return new Map(named.map((user) => [user.name, compile(user)]));
}

function defaultUserOf(password: string | undefined): AclUser {
  const rules = password === undefined || password === '' ? ['off'] : ['on', `>${password}`, 'allkeys', 'allchannels', 'allcommands'];
  return rules.reduce((user, rule) => applyRule(user, rule) ?? user, newUser('default'));
}

function compile(user: AclUser): CompiledUser {
  return { user, everyKey: user.keys.some(({ pattern, read, write }) => pattern === '*' && read && write), everyChannel: user.channels.includes('*'), allowed: [] };
}

function isOpen(compiled: CompiledUser | undefined): boolean {
  if (compiled === undefined) return false;
  const { user } = compiled;
  return user.enabled && user.noPassword && compiled.everyKey && compiled.everyChannel && user.commands.length === 1 && user.commands[0].allow && user.commands[0].category && user.commands[0].name === 'all';
}

/** Handshakes are open to every user: they do not reveal or change anything but the connection. */
const alwaysAllowed: ReadonlySet<string> = new Set(['auth', 'hello', 'quit', 'reset']);

function mayRun(compiled: CompiledUser, command: Command): boolean {
  return (compiled.allowed[command.id] ??= alwaysAllowed.has(command.name) || decide(compiled.user, command));
}

function decide(user: AclUser, command: Command): boolean {
  const container = command.name.split('|')[0];
  let allowed = false;
  for (const { allow, category, name } of user.commands) {
    if (category ? name === 'all' || command.categories.includes(name) : name === command.name || name === container) allowed = allow;
  }
  return allowed;
}

function refusal(compiled: CompiledUser | undefined, command: Command, call: Call): string | undefined {
  const { statistics } = call.node.server;
  if (compiled === undefined || !mayRun(compiled, command)) {
    if (compiled === undefined && alwaysAllowed.has(command.name)) return undefined;
    statistics.aclDeniedCommand++;
    return `NOPERM this user has no permissions to run the '${command.name}' command`;
  }
  if (command.hasKeys && !compiled.everyKey && !keysAllowed(compiled.user, command, call)) {
    statistics.aclDeniedKey++;
    return 'NOPERM this user has no permissions to access one of the keys used as arguments';
  }
  if (!compiled.everyChannel && !channelsAllowed(compiled.user, command, call)) {
    statistics.aclDeniedChannel++;
    return 'NOPERM this user has no permissions to access one of the channels used as arguments';
  }
  return undefined;
}

const latin1 = (call: Call, index: number): string => Buffer.from(call.bytes.buffer, call.bytes.byteOffset + call.start[index], call.length[index]).toString('latin1');

function keysAllowed(user: AclUser, command: Command, call: Call): boolean {
  return (keyPositions(command, call) ?? []).every(({ index, spec }) => {
    const key = latin1(call, index);
    const { read, write } = needs(spec);
    return user.keys.some((one) => (!read || one.read) && (!write || one.write) && globMatches(one.pattern, key));
  });
}

/** What a key spec does with its keys; one that only removes or overwrites needs no right to read. */
function needs(spec: KeySpec): { readonly read: boolean; readonly write: boolean } {
  return { read: spec.flags.includes('access'), write: spec.flags.some((flag) => flag === 'insert' || flag === 'update' || flag === 'delete') };
}

const channelArguments: Readonly<Record<string, { readonly pattern: boolean; readonly one: boolean }>> = {
  publish: { pattern: false, one: true },
  spublish: { pattern: false, one: true },
  subscribe: { pattern: false, one: false },
  ssubscribe: { pattern: false, one: false },
  psubscribe: { pattern: true, one: false },
};

/** A pattern to listen to must be one of the user's, word for word. */
function channelsAllowed(user: AclUser, command: Command, call: Call): boolean {
  const kind = channelArguments[command.name];
  if (kind === undefined) return true;
  const last = kind.one ? 1 : call.argc - 1;
  for (let i = 1; i <= last; i++) {
    const name = latin1(call, i);
    if (!user.channels.some((pattern) => (kind.pattern ? pattern === name : globMatches(pattern, name)))) return false;
  }
  return true;
}

function describe(user: AclUser | undefined): UserDescription | undefined {
  if (user === undefined) return undefined;
  const flags = [user.enabled ? 'on' : 'off', ...(user.noPassword ? ['nopass'] : []), 'sanitize-payload'];
  return { flags, passwords: user.passwords, commands: describeCommands(user), keys: describeKeys(user), channels: user.channels.map((pattern) => `&${pattern}`).join(' ') };
}
