import type { ReplyWriter } from '../server/reply-writer.ts';
import type { ClientSession } from '../server/client-session.ts';
import type { NodeContext } from './node-context.ts';

/**
 * A command as data. One small file per command exports one CommandSpec; the registry (registry.ts) imports them all. COMMAND, COMMAND DOCS,
 * ACL checks, key extraction, redirects, docs/commands.md and the perfect hash of names are derived from these fields
 * (field names and meanings: Redis' own command JSON files).
 */
export interface CommandSpec {
  /** Lower case; a subcommand is `config|get`. */
  readonly name: string;
  readonly summary: string;
  readonly since: string;
  readonly group: 'string' | 'generic' | 'bitmap' | 'hash' | 'list' | 'set' | 'sorted-set' | 'hyperloglog' | 'geo' | 'pubsub' | 'transactions' | 'connection' | 'server' | 'cluster' | 'scripting' | 'stream' | 'meridian';
  readonly complexity: string;
  /** Positive: exactly so many arguments, the name included; negative: at least. */
  readonly arity: number;
  readonly flags: readonly CommandFlag[];
  /** ACL categories without `@`; those implied by flags (read, write, fast, slow …) need not be repeated. */
  readonly categories: readonly string[];
  readonly keys: readonly KeySpec[];
  readonly args?: readonly ArgumentDoc[];
  readonly subcommands?: readonly CommandSpec[];
  /** Runs to its end in this turn and writes exactly one reply (unless it blocks the client or CLIENT REPLY says otherwise). Absent for pure containers. */
  readonly run?: (call: Call) => void;
}

export type CommandFlag =
  | 'write' | 'readonly' | 'denyoom' | 'admin' | 'pubsub' | 'noscript' | 'blocking' | 'loading' | 'stale' | 'fast' | 'no_auth' | 'may_replicate'
  | 'movablekeys' | 'no_multi' | 'no_mandatory_keys' | 'no_async_loading' | 'allow_busy' | 'skip_monitor' | 'skip_slowlog' | 'protected' | 'touches_arbitrary_keys';

export interface KeySpec {
  readonly flags: readonly ('RO' | 'RW' | 'OW' | 'RM' | 'access' | 'update' | 'insert' | 'delete' | 'not_key' | 'incomplete' | 'variable_flags')[];
  readonly beginSearch: { readonly type: 'index'; readonly index: number } | { readonly type: 'keyword'; readonly keyword: string; readonly startFrom: number } | { readonly type: 'unknown' };
  /** With a keyword: how the command reads its options. Without it the first occurrence counts, wherever it stands. */
  readonly options?: OptionGrammar;
  readonly findKeys: { readonly type: 'range'; readonly lastKey: number; readonly step: number; readonly limit: number } | { readonly type: 'keynum'; readonly keyNumIndex: number; readonly firstKey: number; readonly step: number } | { readonly type: 'unknown' };
}

/** Options that may be repeated, and whose values may look like options: the keyword is found as the command finds it, the last one of its kind. */
export interface OptionGrammar {
  /** Argument at which the options begin. */
  readonly first: number;
  /** How many values follow an option, by its lower-case word; words that are not here have none. */
  readonly values: Readonly<Record<string, number>>;
  /** Lower-case options of which only the last one given counts: the keyword, and others that name the same thing. */
  readonly rivals: readonly string[];
}

export interface ArgumentDoc {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'double' | 'key' | 'pattern' | 'unix-time' | 'pure-token' | 'oneof' | 'block';
  readonly token?: string;
  readonly optional?: boolean;
  readonly multiple?: boolean;
  /** The token stands in front of each of them. */
  readonly multipleToken?: boolean;
  readonly args?: readonly ArgumentDoc[];
}

/**
 * The command being executed. One object per node, reused: nothing may keep it, or `bytes`, past the return of `run`
 * (copy what must live on). Arguments are views into the connection's read arena: no strings, no copies on the hot path.
 */
export interface Call {
  bytes: Uint8Array;
  /** Number of arguments, the command's name (argument 0) included. */
  argc: number;
  /** start[i], length[i]: where argument i is in `bytes`. */
  start: Int32Array;
  length: Int32Array;
  /** Hash (store.hashKey) and slot of the first key when the command has one; computed while parsing, for prefetch. */
  keyHash: number;
  keySlot: number;
  /** Wall clock of this event-loop turn, in milliseconds, as shard time (P16). */
  nowMs: number;
  reply: ReplyWriter;
  client: ClientSession;
  node: NodeContext;
}
