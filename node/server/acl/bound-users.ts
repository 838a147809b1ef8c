import type { NamespaceSettings, NamespaceVerb } from '../../../shared/namespaces/document.ts';
import { hasNamespacePrefix, verbBits, type BoundNamespace } from '../../commands/bound-namespaces.ts';
import { keyPositions } from '../../commands/key-extraction.ts';
import type { Command } from '../../commands/registry.ts';
import type { Call, KeySpec } from '../../commands/spec.ts';
import type { AclUser, CommandRule } from './rules.ts';

type Access = Pick<NamespaceSettings, 'name' | 'access'>;

/** Who is bound to what: a user whom the access of any namespace names sees those namespaces and nothing else. */
export function boundUsers(namespaces: readonly Access[]): ReadonlyMap<string, readonly BoundNamespace[]> {
  const users = new Map<string, BoundNamespace[]>();
  for (const { name, access } of namespaces) {
    const nameBytes = Buffer.from(name);
    for (const { user, verbs } of access) {
      const list = users.get(user) ?? [];
      list.push({ name, nameBytes, verbs: bitsOf(verbs) });
      users.set(user, list);
    }
  }
  return users;
}

const everyVerb = verbBits.read | verbBits.write | verbBits.delete | verbBits.flush | verbBits.admin;

function bitsOf(verbs: readonly NamespaceVerb[]): number {
  return verbs.includes('admin') ? everyVerb : verbs.reduce((bits, verb) => bits | verbBits[verb], 0);
}

/** The user as ACL LIST shows it: password and on or off are of users.acl, the rest is of the namespaces. */
export function asBound(user: AclUser, namespaces: readonly BoundNamespace[]): AclUser {
  const may = (verb: NamespaceVerb, { verbs }: BoundNamespace): boolean => (verbs & verbBits[verb]) !== 0;
  const any = (verb: NamespaceVerb): boolean => namespaces.some((one) => may(verb, one));
  const allow = (category: boolean, ...names: readonly string[]): CommandRule[] => names.map((name) => ({ allow: true, category, name }));
  return {
    ...user,
    keys: namespaces.map((one) => ({ pattern: `${one.name}:*`, read: may('read', one), write: may('write', one) || may('delete', one) })),
    channels: namespaces.map(({ name }) => `${name}:*`),
    commands: [...allow(true, 'connection', 'transaction'), ...(any('read') ? allow(true, 'read', 'pubsub') : []), ...(any('write') ? allow(true, 'write') : []), ...(any('delete') ? allow(false, 'del', 'unlink', 'getdel') : []), ...(any('flush') ? allow(false, 'flushall', 'flushdb') : [])],
  };
}

/** What a command asks of a bound user; keys ask for themselves. */
type Need = { readonly kind: 'open' } | { readonly kind: 'closed' } | { readonly kind: 'verb'; readonly verb: number } | { readonly kind: 'keys'; readonly bySpec: ReadonlyMap<KeySpec, number>; readonly all: number };

/** Commands without keys that show or change nothing beyond the connection, and what any client asks for when it connects. */
const openToBound: ReadonlySet<string> = new Set([
  'auth', 'hello', 'quit', 'reset', 'ping', 'echo', 'select', 'readonly', 'readwrite', 'asking', 'multi', 'exec', 'discard', 'unwatch', 'time', 'lolwut', 'wait', 'waitaof', 'info',
  'unsubscribe', 'punsubscribe', 'sunsubscribe', 'command', 'command|count', 'command|docs', 'command|info', 'command|list', 'command|getkeys', 'command|getkeysandflags', 'command|help',
  'cluster|slots', 'cluster|shards', 'cluster|nodes', 'cluster|myid', 'cluster|myshardid', 'cluster|info', 'cluster|keyslot', 'cluster|help',
  'client|id', 'client|info', 'client|getname', 'client|setname', 'client|setinfo', 'client|reply', 'client|caching', 'client|tracking', 'client|trackinginfo', 'client|getredir', 'client|no-touch', 'client|help',
  'acl|whoami', 'acl|cat', 'acl|genpass', 'acl|help', 'pubsub|help', 'object|help', 'memory|help',
]);
/** Commands over many keys or channels: they show, or change, those of the user's namespaces only. */
const narrowed: Readonly<Record<string, NamespaceVerb>> = {
  dbsize: 'read', keys: 'read', scan: 'read', randomkey: 'read', 'cluster|countkeysinslot': 'read', 'cluster|getkeysinslot': 'read',
  subscribe: 'read', psubscribe: 'read', ssubscribe: 'read', 'pubsub|channels': 'read', 'pubsub|numsub': 'read', 'pubsub|numpat': 'read', 'pubsub|shardchannels': 'read', 'pubsub|shardnumsub': 'read',
  publish: 'write', spublish: 'write', flushall: 'flush', flushdb: 'flush',
};
/** Commands that take whole keys away; those that take parts of a value write it. */
const removals: ReadonlySet<string> = new Set(['del', 'unlink', 'getdel', 'delex']);

function needOf(command: Command): Need {
  const verb = narrowed[command.name];
  if (verb !== undefined) return { kind: 'verb', verb: verbBits[verb] };
  const keys = command.spec.keys.filter(({ flags }) => !flags.includes('not_key'));
  if (keys.length > 0) {
    const bySpec = new Map(keys.map((spec) => [spec, verbsOfKey(command, spec)]));
    return { kind: 'keys', bySpec, all: [...bySpec.values()].reduce((all, one) => all | one, 0) };
  }
  return { kind: openToBound.has(command.name) ? 'open' : 'closed' };
}

function verbsOfKey(command: Command, { flags }: KeySpec): number {
  const reads = flags.includes('access') ? verbBits.read : 0;
  const changes = flags.includes('insert') || flags.includes('update') || flags.includes('delete');
  const writes = changes ? (removals.has(command.name) ? verbBits.delete : verbBits.write) : 0;
  return reads | writes || (command.write ? verbBits.write : verbBits.read);
}

/** What commands ask of bound users, by command id; worked out at the first call. */
const needs: Need[] = [];

/** Why a bound user may not run this call: the part that is in the way. */
export function boundRefusal(namespaces: readonly BoundNamespace[], command: Command, call: Call): 'command' | 'key' | 'channel' | undefined {
  const need = (needs[command.id] ??= needOf(command));
  if (need.kind === 'open') return undefined;
  if (need.kind === 'closed') return 'command';
  if (need.kind === 'keys') {
    if (!namespaces.some(({ verbs }) => (verbs & need.all) !== 0)) return 'command';
    return keysAllowed(namespaces, need.bySpec, command, call) ? undefined : 'key';
  }
  if (!namespaces.some(({ verbs }) => (verbs & need.verb) !== 0)) return 'command';
  return channelsAllowed(namespaces, need.verb, command.name, call) ? undefined : 'channel';
}

function keysAllowed(namespaces: readonly BoundNamespace[], bySpec: ReadonlyMap<KeySpec, number>, command: Command, call: Call): boolean {
  if (command.movableKeys || command.spec.keys.length > 1) {
    const positions = keyPositions(command, call);
    // Arguments that do not say where their keys are: the command itself answers what is wrong with them, before it touches any.
    return positions === undefined || positions.every(({ index, spec }) => isAllowed(namespaces, bySpec.get(spec) ?? everyVerb, call, index));
  }
  const verbs = bySpec.get(command.spec.keys[0]) ?? everyVerb;
  const last = command.lastKey < 0 ? call.argc + command.lastKey : Math.min(command.lastKey, call.argc - 1);
  for (let i = command.firstKey; i <= last; i += command.keyStep) if (!isAllowed(namespaces, verbs, call, i)) return false;
  return true;
}

/** Argument `index` begins with the prefix of a namespace in which the user has all these verbs. */
function isAllowed(namespaces: readonly BoundNamespace[], verbs: number, { bytes, start, length }: Call, index: number): boolean {
  for (const namespace of namespaces) if (hasNamespacePrefix(namespace, bytes, start[index], length[index])) return (namespace.verbs & verbs) === verbs;
  return false;
}

/** Of these commands, the arguments from 1 to here are channels; of the others none is. */
const lastChannel: Readonly<Record<string, (argc: number) => number>> = { publish: () => 1, spublish: () => 1, subscribe: (argc) => argc - 1, ssubscribe: (argc) => argc - 1, psubscribe: (argc) => argc - 1 };

/** A pattern that begins with a namespace's prefix, which holds no glob, matches channels of that namespace only. */
function channelsAllowed(namespaces: readonly BoundNamespace[], verb: number, name: string, call: Call): boolean {
  const last = lastChannel[name]?.(call.argc) ?? 0;
  for (let i = 1; i <= last; i++) if (!isAllowed(namespaces, verb === verbBits.write && isInvalidation(call, i) ? verbBits.delete : verb, call, i)) return false;
  return true;
}

/** What is published to the channel `<name>:invalidate` removes keys. */
function isInvalidation({ bytes, start, length }: Call, index: number): boolean {
  const size = invalidationSuffix.length;
  return length[index] > size && invalidationSuffix.every((byte, i) => bytes[start[index] + length[index] - size + i] === byte);
}

const invalidationSuffix: Uint8Array = Buffer.from(':invalidate');
