import type { Tenant } from '../tenants/tenant.ts';
import type { RespVersion } from './reply-writer.ts';

export type ReplyMode = 'on' | 'off' | 'skip-next' | 'skip';
export type ClientClass = 'normal' | 'pubsub' | 'replica';

/** The way to a client outside of the reply to its own command: pushes, and being closed. */
export interface ClientOutput {
  /** Queues whole RESP messages; they leave at the end of the turn, behind what the client was sent before. The bytes may be kept: do not change them. */
  send(bytes: Uint8Array): void;
  /** Closes once what was queued has been sent; nothing more is read. */
  closeAfterReply(): void;
  /** Closes at once. */
  closeNow(): void;
  /** Executes no further command of this client until `release`. */
  hold(): void;
  release(): void;
  /** Bytes that the socket has not taken yet. */
  readonly pendingBytes: number;
  /** Bytes received that are not a whole command yet. */
  readonly inputBytes: number;
}

/** A command kept for EXEC: its own copy of the arguments. */
export interface QueuedCommand {
  readonly name: string;
  readonly bytes: Buffer;
  readonly argc: number;
  readonly start: Int32Array;
  readonly length: Int32Array;
}

export interface TransactionState {
  readonly queue: QueuedCommand[];
  /** Memory that the queue takes. */
  queuedBytes: number;
  /** A command was refused while queueing: EXEC answers EXECABORT. */
  failed: boolean;
}

/** CLIENT TRACKING of one connection. */
export interface TrackingState {
  /** Id of the connection that gets the invalidations, 0: this one. */
  readonly redirect: number;
  readonly bcast: boolean;
  readonly optin: boolean;
  readonly optout: boolean;
  readonly noloop: boolean;
  readonly prefixes: ReadonlySet<string>;
  /** CLIENT CACHING YES or NO, for the next command. */
  caching: boolean | undefined;
  /** The redirection's target has gone. */
  broken: boolean;
}

export interface SessionStart {
  readonly id: number;
  readonly address: string;
  readonly localAddress: string;
  readonly createdAtMs: number;
  readonly output: ClientOutput;
  readonly fd?: number;
}

/**
 * What the server knows of one connection, apart from its bytes. Commands read and change it through `call.client`.
 * Data commands need little of it: `noTouch`, `readonly` and `inTransaction`.
 */
export class ClientSession {
  /** Rises by one per accepted connection, never used twice. */
  readonly id: number;
  /** `ip:port` of the other side and of ours. */
  readonly address: string;
  readonly localAddress: string;
  readonly createdAtMs: number;
  readonly output: ClientOutput;
  readonly fd: number;
  lastActiveMs: number;
  resp: RespVersion = 2;
  name = '';
  libraryName = '';
  libraryVersion = '';
  /** ACL user; `authenticated` is false until AUTH when the default user has a password. */
  user = 'default';
  authenticated = false;
  /** READONLY was sent: a replica may answer reads. */
  readonly = false;
  /** ASKING was sent: holds for the next command only. */
  asking = false;
  /** A command was refused because another node has the slot (sent-away.ts). */
  sentAway = false;
  /** True while the commands of an EXEC run. */
  inTransaction = false;
  noEvict = false;
  noTouch = false;
  replyMode: ReplyMode = 'on';
  /** Between MULTI and EXEC. */
  transaction: TransactionState | undefined = undefined;
  /** What the last EXEC ran, until its reply has been looked at. */
  executed: readonly QueuedCommand[] | undefined = undefined;
  /** A watched key has changed since WATCH. */
  watchBroken = false;
  /** Watched keys, as latin1, and whether each was there when it was first watched. */
  watched: Map<string, boolean> | undefined = undefined;
  /** Subscriptions, as latin1. */
  channels: Set<string> | undefined = undefined;
  patterns: Set<string> | undefined = undefined;
  shardChannels: Set<string> | undefined = undefined;
  tracking: TrackingState | undefined = undefined;
  /** Namespace of its last request. */
  tenant: Tenant | undefined = undefined;
  lastCommand = '';
  closing = false;
  /** Sees every command (MONITOR). */
  monitor = false;
  /** Set while a blocking command waits. */
  blocked = false;

  constructor(start: SessionStart) {
    this.id = start.id;
    this.address = start.address;
    this.localAddress = start.localAddress;
    this.createdAtMs = start.createdAtMs;
    this.lastActiveMs = start.createdAtMs;
    this.output = start.output;
    this.fd = start.fd ?? -1;
  }

  get subscriptionCount(): number {
    return (this.channels?.size ?? 0) + (this.patterns?.size ?? 0);
  }

  /** A RESP2 client with subscriptions may only change them. */
  get subscribed(): boolean {
    return this.channels !== undefined || this.patterns !== undefined || this.shardChannels !== undefined;
  }

  get clientClass(): ClientClass {
    return this.subscribed ? 'pubsub' : 'normal';
  }
}
