import type { ClientSession } from '../server/client-session.ts';
import type { Channels } from './pubsub/channels.ts';
import type { Command, CommandTable } from './registry.ts';
import type { Call } from './spec.ts';

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
  /** Clients with CLIENT TRACKING on. */
  trackingClients(): number;
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
  /** Undefined: allowed. Else the whole error line. */
  refusal(command: Command, call: Call): string | undefined;
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
  /** Commands per second over the last moments. */
  operationsPerSecond: number;
  inputBytesPerSecond: number;
  outputBytesPerSecond: number;
  peakClients: number;
  reset(): void;
}
