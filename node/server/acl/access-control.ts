import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../../shared/ports/ports.ts';
import type { NamespaceSettings, NamespaceVerb } from '../../../shared/namespaces/document.ts';
import { verbBits, type BoundNamespace } from '../../commands/bound-namespaces.ts';
import { keyPositions } from '../../commands/key-extraction.ts';
import { globMatches } from '../../commands/pubsub/glob.ts';
import type { Command } from '../../commands/registry.ts';
import type { AccessControl, UserDescription } from '../../commands/services.ts';
import type { Call, KeySpec } from '../../commands/spec.ts';
import { asBound, boundRefusal, boundUsers } from './bound-users.ts';
import { parseAclFile } from './acl-file.ts';
import { applyRule, describeCommands, describeKeys, describeUser, newUser, sha256Hex, type AclUser } from './rules.ts';
import { parseTokens, type Token, type TokenState } from './tokens.ts';

export interface AccessFiles {
  /** Text of users.acl. */
  readonly usersAcl?: string;
  /** Password of the user `default`, unless users.acl says otherwise. */
  readonly defaultPassword?: string;
  /** Text of the file tokens. */
  readonly tokens?: string;
  /** Clients need not say who they are: then nobody is bound to a namespace. */
  readonly open?: boolean;
}

interface CompiledUser {
  readonly user: AclUser;
  readonly everyKey: boolean;
  readonly everyChannel: boolean;
  /** By command id: undefined until asked for the first time. */
  readonly allowed: (boolean | undefined)[];
  /** Named in users.acl (or the default user). */
  readonly listed: boolean;
  /** The namespaces that the user is bound to, which then take the place of its own rules. */
  readonly bound: readonly BoundNamespace[] | undefined;
}

/** The users of the mounted files; throws NODE_CONFIG when users.acl makes no sense. */
export interface LoadedAccess extends AccessControl {
  /** Takes new files while serving. */
  load(files: AccessFiles): void;
  /** Takes the access of the namespaces in force; users that are connected are bound from their next command on. */
  bind(namespaces: readonly Pick<NamespaceSettings, 'name' | 'access'>[]): void;
  /** Whose bearer token it is. The password of the default user is one too. */
  tokenState(token: string): TokenState;
  /** Whether a user may do such things in a namespace, as far as that can be said without a command. */
  mayUse(user: string, namespace: string, verb: NamespaceVerb): boolean;
}

/** Without a clock no token ever expires. */
export function createAccessControl(files: AccessFiles, clock: Pick<Clock, 'wallMs'> = { wallMs: () => 0 }): LoadedAccess {
  return new UserTable(files, clock);
}

class UserTable implements LoadedAccess {
  /** Plain fields: every command looks at them. */
  openToAll = false;
  defaultHasNoPassword = false;
  #users: ReadonlyMap<string, CompiledUser> = new Map();
  readonly #clock: Pick<Clock, 'wallMs'>;
  #tokens: ReadonlyMap<string, Token> = new Map();
  #files: AccessFiles = {};
  #namespaces: readonly Pick<NamespaceSettings, 'name' | 'access'>[] = [];
  #bound: ReadonlyMap<string, readonly BoundNamespace[]> = new Map();

  constructor(files: AccessFiles, clock: Pick<Clock, 'wallMs'>) {
    this.#clock = clock;
    this.load(files);
  }

  load(files: AccessFiles): void {
    const bound = boundUsers(files.open === true ? [] : this.#namespaces);
    const tokens = parseTokens(files.tokens ?? '');
    const before = this.#users;
    this.#users = compileAll(files, bound);
    this.#tokens = tokens;
    this.#files = files;
    this.#bound = bound;
    const byDefault = this.#users.get('default');
    this.openToAll = isOpen(byDefault);
    this.defaultHasNoPassword = byDefault?.user.enabled === true && byDefault.user.noPassword;
    this.onChange?.(new Set([...before.values()].filter((old) => readsLess(old, this.#users.get(old.user.name))).map(({ user }) => user.name)));
  }

  bind(namespaces: readonly Pick<NamespaceSettings, 'name' | 'access'>[]): void {
    this.#namespaces = namespaces;
    this.load(this.#files);
  }

  onChange: ((readLess: ReadonlySet<string>) => void) | undefined = undefined;

  isAdmin(user: string): boolean {
    const compiled = this.#users.get(user);
    return compiled?.user.enabled === true && compiled.bound === undefined && allows(compiled.user, '', ['admin']);
  }

  mayListen(name: string, channel: string, isPattern: boolean): boolean {
    const compiled = this.#users.get(name);
    if (compiled?.user.enabled !== true) return false;
    if (compiled.bound !== undefined) return compiled.bound.some((one) => (one.verbs & verbBits.read) !== 0 && channel.startsWith(`${one.name}:`));
    return compiled.everyChannel || hears(compiled.user, channel, isPattern);
  }

  boundTo(user: string): readonly BoundNamespace[] | undefined {
    return this.#bound.get(user);
  }

  tokenState(token: string): TokenState {
    const known = this.#tokens.get(sha256Hex(Buffer.from(token))) ?? (this.#authenticates('default', token) ? { user: 'default', expiresAtMs: undefined } : undefined);
    const compiled = known === undefined ? undefined : this.#users.get(known.user);
    // A user whom users.acl turns off is off here too; one that it does not name lives by its namespaces.
    if (known === undefined || compiled === undefined || (!compiled.user.enabled && compiled.listed)) return { kind: 'unknown' };
    return known.expiresAtMs !== undefined && known.expiresAtMs <= this.#clock.wallMs() ? { kind: 'expired' } : { kind: 'user', user: known.user };
  }

  #authenticates(user: string, password: string): boolean {
    const passwords = this.#users.get(user)?.user.passwords ?? [];
    return passwords.length > 0 && this.authenticate(user, Buffer.from(password));
  }

  mayUse(user: string, namespace: string, verb: NamespaceVerb): boolean {
    const bound = this.#bound.get(user);
    if (bound !== undefined) return bound.some(({ name, verbs }) => name === namespace && (verbs & verbBits[verb]) !== 0);
    const known = this.#users.get(user)?.user;
    return known?.enabled === true && known.keys.some(({ pattern }) => pattern === '*' || pattern.startsWith(`${namespace}:`)) && allows(known, '', categoriesOf[verb]);
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
    return refusal(this.#users.get(call.client.user), command, call);
  }
}

function compileAll({ usersAcl, defaultPassword }: AccessFiles, bound: ReadonlyMap<string, readonly BoundNamespace[]>): ReadonlyMap<string, CompiledUser> {
  const parsed = parseAclFile(usersAcl ?? '');
  const named = parsed.some(({ name }) => name === 'default') ? parsed : [defaultUserOf(defaultPassword), ...parsed];
  const users = new Map(named.map((user) => [user.name, compile(user, bound.get(user.name), true)]));
  // Users with a token alone: nobody signs in as one of them, and what they may do is said by their namespaces.
  for (const [name, namespaces] of bound) if (!users.has(name)) users.set(name, compile(newUser(name), namespaces, false));
  return users;
}

/** Whether some key that could be read before cannot be read any more, as far as namespaces and patterns say. */
function readsLess(before: CompiledUser, after: CompiledUser | undefined): boolean {
  if (after?.user.enabled !== true) return true;
  if (after.bound === undefined && after.everyKey) return false;
  const readable = new Set(after.user.keys.filter(({ read }) => read).map(({ pattern }) => pattern));
  return (before.bound === undefined) !== (after.bound === undefined) || before.user.keys.some(({ pattern, read }) => read && !readable.has(pattern));
}

function defaultUserOf(password: string | undefined): AclUser {
  const rules = password === undefined || password === '' ? ['off'] : ['on', `>${password}`, 'allkeys', 'allchannels', 'allcommands'];
  return rules.reduce((user, rule) => applyRule(user, rule) ?? user, newUser('default'));
}

function compile(own: AclUser, bound: readonly BoundNamespace[] | undefined, listed: boolean): CompiledUser {
  const user = bound === undefined ? own : asBound(own, bound);
  return { user, listed, bound, everyKey: user.keys.some(({ pattern, read, write }) => pattern === '*' && read && write), everyChannel: user.channels.includes('*'), allowed: [] };
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

const decide = (user: AclUser, command: Command): boolean => allows(user, command.name, command.categories);

function allows(user: AclUser, command: string, categories: readonly string[]): boolean {
  const container = command.split('|')[0];
  let allowed = false;
  for (const { allow, category, name } of user.commands) {
    if (category ? name === 'all' || categories.includes(name) : name === command || name === container) allowed = allow;
  }
  return allowed;
}

/** Of commands that do such things to the keys of a namespace. */
const categoriesOf: Readonly<Record<NamespaceVerb, readonly string[]>> = { read: ['read'], write: ['write'], delete: ['write', 'keyspace'], flush: ['write', 'keyspace', 'dangerous'], admin: ['admin', 'dangerous'] };

const commandRefused = (command: Command): string => `NOPERM this user has no permissions to run the '${command.name}' command`;
const keyRefused = 'NOPERM this user has no permissions to access one of the keys used as arguments';
const channelRefused = 'NOPERM this user has no permissions to access one of the channels used as arguments';

function refusal(compiled: CompiledUser | undefined, command: Command, call: Call): string | undefined {
  const { statistics } = call.node.server;
  if (compiled?.bound !== undefined) {
    const part = boundRefusal(compiled.bound, command, call);
    if (part === undefined) return undefined;
    if (part === 'command') statistics.aclDeniedCommand++;
    else if (part === 'key') statistics.aclDeniedKey++;
    else statistics.aclDeniedChannel++;
    return part === 'command' ? commandRefused(command) : part === 'key' ? keyRefused : channelRefused;
  }
  if (compiled === undefined || !mayRun(compiled, command)) {
    if (compiled === undefined && alwaysAllowed.has(command.name)) return undefined;
    statistics.aclDeniedCommand++;
    return commandRefused(command);
  }
  if (command.hasKeys && !compiled.everyKey && !keysAllowed(compiled.user, command, call)) {
    statistics.aclDeniedKey++;
    return keyRefused;
  }
  if (!compiled.everyChannel && !channelsAllowed(compiled.user, command, call)) {
    statistics.aclDeniedChannel++;
    return channelRefused;
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
const hears = (user: AclUser, name: string, isPattern: boolean): boolean => user.channels.some((pattern) => (isPattern ? pattern === name : globMatches(pattern, name)));

function channelsAllowed(user: AclUser, command: Command, call: Call): boolean {
  const kind = channelArguments[command.name];
  if (kind === undefined) return true;
  const last = kind.one ? 1 : call.argc - 1;
  for (let i = 1; i <= last; i++) {
    const name = latin1(call, i);
    if (!hears(user, name, kind.pattern)) return false;
  }
  return true;
}

function describe(user: AclUser | undefined): UserDescription | undefined {
  if (user === undefined) return undefined;
  const flags = [user.enabled ? 'on' : 'off', ...(user.noPassword ? ['nopass'] : []), 'sanitize-payload'];
  return { flags, passwords: user.passwords, commands: describeCommands(user), keys: describeKeys(user), channels: user.channels.map((pattern) => `&${pattern}`).join(' ') };
}
