import type { ClientSession, QueuedCommand } from '../server/client-session.ts';
import type { BoundNamespace } from './bound-namespaces.ts';
import type { Channels } from './pubsub/channels.ts';
import type { Command, CommandTable } from './registry.ts';
import type { Call } from './spec.ts';
import type { Watchers } from './transactions/watchers.ts';
import type { WorkingMemory } from './working-memory/working-memory.ts';

/** What the server gives to the commands about itself; made by node/server/create-services.ts. */
export interface ServerServices {
  readonly table: CommandTable;
  readonly clients: ClientDirectory;
  readonly access: AccessControl;
  readonly settings: Settings;
  readonly statistics: Statistics;
  readonly channels: Channels;
  readonly process: ProcessFacts;
  /** A command threw: counts it, has it logged, and returns the reference that client and log share. */
  failed(error: unknown, command: string): string;
  readonly watchers: Watchers;
  readonly tracking: Tracking;
  readonly slowlog: Slowlog;
  readonly monitors: MonitorList;
  readonly latency: LatencyMonitor;
  readonly pause: ClientPause;
  readonly blocking: Blocking;
  readonly working: WorkingMemory;
  /** Undefined when all keys of the commands lie in one slot that is served here; else the error line. */
  routeTogether(call: Call, queue: readonly QueuedCommand[]): string | undefined;
  /** Runs one command of a transaction with the call's client and reply. */
  runQueued(call: Call, queued: QueuedCommand): void;
}

/** MONITOR. */
export interface MonitorList {
  readonly size: number;
  add(client: ClientSession): void;
  forget(client: ClientSession): void;
  show(call: Call, name: string): void;
  showAfter(call: Call, name: string): void;
}

export interface SlowlogEntry {
  readonly id: number;
  readonly atSeconds: number;
  readonly microseconds: number;
  /** Arguments as latin1, shortened. */
  readonly words: readonly string[];
  readonly address: string;
  readonly name: string;
}

export interface Slowlog {
  /** Newest first. */
  readonly entries: readonly SlowlogEntry[];
  clear(): void;
}

export interface LatencySample {
  readonly atSeconds: number;
  readonly ms: number;
}

export interface LatencyEvent {
  readonly name: string;
  readonly last: LatencySample;
  readonly maxMs: number;
}

export interface LatencyMonitor {
  latest(): readonly LatencyEvent[];
  history(event: string): readonly LatencySample[];
  /** No names: all of them. Returns how many were there. */
  reset(events: readonly string[]): number;
}

/** CLIENT PAUSE: commands (all, or those that write) wait until its end. */
export interface ClientPause {
  pause(mode: 'all' | 'write', milliseconds: number): void;
  end(): void;
}

/** Commands that wait for keys (BLPOP …). */
export interface Blocking {
  /**
   * To be called instead of replying, with the positions of the keys that the command waits for. The command runs again, from its beginning, whenever one of the keys
   * was reported by `keyEvents.ready`, until it replies; after `timeoutMs` (0: never) the client gets a null. Must not be called while `client.inTransaction`.
   */
  wait(call: Call, keys: readonly number[], timeoutMs: number, onTimeout: 'nil' | 'nullArray'): void;
  /** CLIENT UNBLOCK: false when the client does not wait. */
  unblock(id: number, how: 'timeout' | 'error'): boolean;
}

export interface TrackingChange {
  readonly redirect: number;
  readonly bcast: boolean;
  readonly optin: boolean;
  readonly optout: boolean;
  readonly noloop: boolean;
  readonly prefixes: readonly string[];
}

/** CLIENT TRACKING: see node/server/tracking. */
export interface Tracking {
  readonly clients: number;
  readonly keys: number;
  readonly items: number;
  readonly prefixes: number;
  enable(client: ClientSession, change: TrackingChange): void;
  disable(client: ClientSession): void;
  /** The client has read the key (latin1). */
  remember(client: ClientSession, key: string): void;
}

/** What the operating system knows of this process. */
export interface ProcessFacts {
  readonly version: string;
  /** 40 hex digits, new with every start. */
  readonly runId: string;
  readonly pid: number;
  readonly os: string;
  readonly executable: string;
  readonly ioBackend: string;
  readonly startRssBytes: number;
  readonly systemMemoryBytes: number;
  rssBytes(): number;
  cpuMicroseconds(): { readonly user: number; readonly system: number };
}

export interface ClientDirectory {
  readonly count: number;
  all(): Iterable<ClientSession>;
  find(id: number): ClientSession | undefined;
}

/** ACL: who may do what. */
export interface AccessControl {
  /** True when a new connection is the default user without AUTH. */
  readonly openToAll: boolean;
  /** The default user has no password at all (AUTH with one argument is then an error of its own). */
  readonly defaultHasNoPassword: boolean;
  authenticate(user: string, password: Uint8Array): boolean;
  users(): readonly string[];
  /** As ACL GETUSER shows a user. */
  describe(user: string): UserDescription | undefined;
  /** One line of rules per user. */
  list(): readonly string[];
  /** The namespaces that a user is bound to; undefined: it is not bound and sees every key that its rules let it. */
  boundTo(user: string): readonly BoundNamespace[] | undefined;
  /** Undefined: allowed. Else the whole error line. */
  refusal(command: Command, call: Call): string | undefined;
  /** Bound to no namespace, and allowed to administer the node. */
  isAdmin(user: string): boolean;
  /** Whether a user may (still) listen to a channel, or to all that match a pattern; names as latin1. */
  mayListen(user: string, name: string, isPattern: boolean): boolean;
  /** Told after the users or what they are bound to have changed, with those who may read less than before. */
  onChange: ((readLess: ReadonlySet<string>) => void) | undefined;
}

export interface UserDescription {
  readonly flags: readonly string[];
  readonly passwords: readonly string[];
  readonly commands: string;
  readonly keys: string;
  readonly channels: string;
}

/** CONFIG: parameters by their Redis names. */
export interface Settings {
  /** Names and values that match the glob patterns, in order of the names. */
  matching(patterns: readonly string[]): ReadonlyMap<string, string>;
  get(name: string): string | undefined;
  /** Undefined: done. Else the error line. */
  set(changes: ReadonlyMap<string, string>): string | undefined;
}

/** Counters since the start or the last CONFIG RESETSTAT. */
export interface Statistics {
  readonly startedAtMs: number;
  connectionsReceived: number;
  connectionsRejected: number;
  commandsProcessed: number;
  inputBytes: number;
  outputBytes: number;
  errorReplies: number;
  unexpectedErrors: number;
  readonly errorsByWord: Map<string, number>;
  aclDeniedAuth: number;
  aclDeniedCommand: number;
  aclDeniedKey: number;
  aclDeniedChannel: number;
  outputLimitDisconnections: number;
  /** Closed because the buffers of all clients were over maxmemory-clients. */
  clientsEvicted: number;
  /** Commands per second over the last moments. */
  operationsPerSecond: number;
  inputBytesPerSecond: number;
  outputBytesPerSecond: number;
  peakClients: number;
  reset(): void;
}
