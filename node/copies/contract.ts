import type { NodeStatus } from '../../shared/admin/contract.ts';
import type { Logger } from '../../shared/log/log.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import type { Bus } from '../bus/bus.ts';
import type { Copies } from '../commands/copies.ts';
import type { NodeContext } from '../commands/node-context.ts';
import type { KubeLeasePort } from '../lease/port.ts';
import type { ShardConfig } from '../replication/config.ts';
import type { Envelope } from '../replication/messages.ts';
import type { Region } from '../topology/region.ts';
import type { Applier } from './applier.ts';
import type { createLinks } from './links.ts';
import type { Recorder } from './recorder.ts';
import type { Identity } from './witness-desk.ts';

export interface ReplicatorOptions {
  readonly ports: Ports;
  readonly log: Logger;
  readonly context: NodeContext;
  readonly bus: Bus;
  readonly links: ReturnType<typeof createLinks>;
  readonly region: Region;
  readonly lease: KubeLeasePort;
  readonly self: Identity;
  /** This node leads under this Lease already, as the only copy there was by specification: it goes on. */
  readonly resume: ShardConfig | undefined;
  readonly settings: () => { readonly memoryBytes: number; readonly minInSync: number; readonly fastFailover: boolean; readonly emptyShardAfterMs: number; readonly acknowledge: 'insync' | 'primary' };
  /** What the store was filled from at this start. */
  readonly held: () => { readonly id: string; readonly shardMs: number } | undefined;
  /** Moves of slots (B9). */
  readonly moves: MoveHooks;
  /** This copy cannot be kept: the process must begin anew, with nothing (P15). */
  readonly onBroken: (error: unknown) => void;
}

/** What moves are told by the shard's log. */
export interface MoveHooks {
  /** A ledger that was logged elsewhere; empty text: all data was discarded. */
  ledger(text: string): void;
  /** Operations that a full copy begins with. */
  head(): Uint8Array;
  /** This node leads from now on; the next command may run right after this. `emptied`: with nothing. */
  leads(epoch: number, emptied: boolean, seq: number): void;
  stops(): void;
  committed(seq: number): void;
}

export interface Replicator {
  /** Moves write into the shard's log by these: operations into the recorder, then the end of the unit, which gives its seq. */
  readonly stream: { readonly recorder: Recorder; readonly applier: Applier; end(): number };
  readonly copies: Copies;
  /** The last time that this node took the shard over. */
  readonly takeover: NodeStatus['takeover'];
  start(): void;
  /** About this node's own shard. */
  receive(envelope: Envelope): void;
  /** A connection to this pod has gone. */
  disconnected(pod: string): void;
  /** The Lease is to name this snapshot, or none (H1). */
  seal(snapshot: string | undefined): void;
  /** Snapshot that it names, or may name. */
  readonly sealed: string | undefined;
  /** Everything that was written is committed. */
  readonly settled: boolean;
  /** A copy that is in the in-sync set, as far as it knows. */
  counts(): boolean;
  /** Hands over, if another copy is in sync; resolves when this node leads no more, or after `withinMs`. */
  handOver(target: string | undefined, withinMs: number): Promise<boolean>;
  stop(): void;
}
