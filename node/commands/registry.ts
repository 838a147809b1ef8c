import type { Call, CommandFlag, CommandSpec, KeySpec } from './spec.ts';

/** A command as the executor sees it: what of its spec is asked on every call, laid out for speed, and its counters. */
export interface Command {
  readonly spec: CommandSpec;
  /** `get`, `config|get`. */
  readonly name: string;
  /** Index in the table's `all`; the bit of this command in an ACL user's set. */
  readonly id: number;
  readonly arity: number;
  /** Index of the first key argument, 0 where there is none or it has to be searched. */
  readonly firstKey: number;
  /** As in COMMAND: negative counts from the end. */
  readonly lastKey: number;
  readonly keyStep: number;
  /** Index of the key argument of a command that has exactly one, else 0. */
  readonly onlyKey: number;
  /** Keys must be searched by the key specs (keyword, keynum, several specs). */
  readonly movableKeys: boolean;
  /** Has arguments that choose a slot: keys, or sharded channels. */
  readonly hasKeys: boolean;
  readonly write: boolean;
  readonly readonly: boolean;
  readonly noAuth: boolean;
  readonly denyOom: boolean;
  readonly noMulti: boolean;
  readonly skipSlowlog: boolean;
  /** Takes a time that does not depend on its arguments: its batch is timed, not the command. */
  readonly constantTime: boolean;
  readonly categories: readonly string[];
  readonly run: ((call: Call) => void) | undefined;
  readonly subcommands: CommandTable | undefined;
  readonly counters: CommandCounters;
}

export interface CommandCounters {
  calls: number;
  microseconds: number;
  rejected: number;
  failed: number;
}

/** Finds commands by the bytes of their name, in any case, without allocating. */
export interface CommandTable {
  /** Top-level commands in the order of their specs. */
  readonly commands: readonly Command[];
  find(bytes: Uint8Array, start: number, length: number): Command | undefined;
  /** By lower-case name; `config|get` for a subcommand. */
  named(name: string): Command | undefined;
}

interface TableSlot {
  readonly name: Uint8Array;
  readonly command: Command;
}

/** A multiplier under which no two names share a slot is searched once, at start: look-ups are one probe and one comparison. */
function perfectHash(names: readonly Uint8Array[]): { readonly multiplier: number; readonly bits: number } {
  for (let bits = 32 - Math.clz32(names.length * 2); bits <= 16; bits++) {
    for (let multiplier = 3; multiplier < 2003; multiplier += 2) {
      const seen = new Set(names.map((name) => nameHash(name, 0, name.length, multiplier) >>> (32 - bits)));
      if (seen.size === names.length) return { multiplier, bits };
    }
  }
  throw new RangeError('two commands have the same name');
}

/** Letters hash alike in both cases. */
function nameHash(bytes: Uint8Array, start: number, length: number, multiplier: number): number {
  let hash = length;
  for (let i = start, end = start + length; i < end; i++) hash = Math.imul(hash ^ (bytes[i] | 0x20), 0x9e3779b1 + multiplier * 2);
  return Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
}

const lowerCase = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte);

function createTable(commands: readonly Command[]): CommandTable {
  const names = commands.map((command) => Buffer.from(command.spec.name.slice(command.spec.name.indexOf('|') + 1)));
  const { multiplier, bits } = perfectHash(names);
  const slots: (TableSlot | undefined)[] = Array.from({ length: 1 << bits });
  commands.forEach((command, i) => (slots[nameHash(names[i], 0, names[i].length, multiplier) >>> (32 - bits)] = { name: names[i], command }));
  const longest = Math.max(...names.map((name) => name.length));
  const byName = new Map(commands.flatMap((command) => [command, ...(command.subcommands?.commands ?? [])]).map((command) => [command.name, command]));
  return {
    commands,
    named: (name) => byName.get(name),
    find(bytes, start, length) {
      if (length > longest) return undefined;
      const slot = slots[nameHash(bytes, start, length, multiplier) >>> (32 - bits)];
      if (slot === undefined || slot.name.length !== length) return undefined;
      const { name } = slot;
      for (let i = 0; i < length; i++) if (name[i] !== lowerCase(bytes[start + i])) return undefined;
      return slot.command;
    },
  };
}

/** Compiles specs; every command and subcommand gets an id of its own. */
export function createCommandTable(specs: readonly CommandSpec[]): CommandTable {
  let nextId = 0;
  const compileAll = (list: readonly CommandSpec[]): Command[] => list.map((spec) => compile(spec, nextId++, spec.subcommands === undefined ? undefined : createTable(compileAll(spec.subcommands))));
  return createTable(compileAll(specs));
}

function compile(spec: CommandSpec, id: number, subcommands: CommandTable | undefined): Command {
  const has = (flag: CommandFlag): boolean => spec.flags.includes(flag);
  const range = legacyRange(spec.keys);
  const movableKeys = spec.keys.length > 0 && (range === undefined || has('movablekeys') || spec.keys.length > range.specs);
  return {
    spec,
    name: spec.name,
    id,
    arity: spec.arity,
    firstKey: range?.first ?? 0,
    lastKey: range?.last ?? 0,
    keyStep: range?.step ?? 0,
    onlyKey: range === undefined || movableKeys || range.first !== range.last ? 0 : range.first,
    movableKeys,
    hasKeys: spec.keys.length > 0,
    write: has('write'),
    readonly: has('readonly'),
    noAuth: has('no_auth'),
    denyOom: has('denyoom'),
    noMulti: has('no_multi'),
    skipSlowlog: has('skip_slowlog'),
    constantTime: spec.complexity.startsWith('O(1)'),
    categories: categoriesOf(spec),
    run: spec.run,
    subcommands,
    counters: { calls: 0, microseconds: 0, rejected: 0, failed: 0 },
  };
}

interface LegacyRange {
  readonly first: number;
  readonly last: number;
  readonly step: number;
  /** Key specs that it covers. */
  readonly specs: number;
}

/** What COMMAND calls first key, last key and step: the first key spec when it is a plain range, and those that follow on it without a gap (RENAME, BITOP). */
function legacyRange(keys: readonly KeySpec[]): LegacyRange | undefined {
  let range: LegacyRange | undefined;
  for (const { beginSearch, findKeys } of keys) {
    if (beginSearch.type !== 'index' || findKeys.type !== 'range') break;
    const first = beginSearch.index;
    const last = findKeys.lastKey < 0 ? findKeys.lastKey : first + findKeys.lastKey;
    if (range === undefined) range = { first, last, step: findKeys.step, specs: 1 };
    else if (range.step === 1 && findKeys.step === 1 && first === range.last + 1) range = { ...range, last, specs: range.specs + 1 };
    else break;
  }
  return range;
}

/** Categories that follow from the flags, as Redis derives them, and the listed ones. */
function categoriesOf(spec: CommandSpec): readonly string[] {
  const has = (flag: CommandFlag): boolean => spec.flags.includes(flag);
  const implied = [
    has('write') ? 'write' : '',
    has('readonly') && !spec.categories.includes('scripting') ? 'read' : '',
    has('admin') ? 'admin' : '',
    has('admin') ? 'dangerous' : '',
    has('pubsub') ? 'pubsub' : '',
    has('fast') ? 'fast' : 'slow',
    has('blocking') ? 'blocking' : '',
  ].filter((category) => category !== '');
  return [...new Set([...spec.categories, ...implied])];
}
