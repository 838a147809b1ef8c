import type { Command } from './registry.ts';
import type { Call } from './spec.ts';

/**
 * What the server asks the shard's replication for. Absent where the shard has one copy by its specification: then nothing of this costs anything.
 * Positions are sequence numbers of units (P6).
 */
export interface Copies {
  /** This node leads and changes are written down as units. */
  readonly leads: boolean;
  /** The last command changed something that is not written down yet. */
  readonly dirty: boolean;
  /** A command ran and `dirty` is set. */
  ran(command: Command, call: Call): void;
  /** Closes the unit of what was written down (P8); to be called once per command or EXEC, and after housekeeping. */
  endUnit(): void;
  /** All commands that one client had sent are through: much that waits for the end of the event loop's turn goes now. */
  endTurn(): void;
  /** Before this, in monotonic milliseconds, commands run without another look: this node leads, nothing pauses or is congested. Infinity where it does not lead. */
  readonly freeUntilMs: number;
  /** `acknowledge: primary` of the cluster: where a namespace does not say otherwise, replies wait for no copy. */
  readonly acknowledgesAlone: boolean;
  /** Newest unit that a reply about this slot may show (P7); −1: about all slots. */
  headOf(slot: number): number;
  readonly committedSeq: number;
  /** Answers that need a lease may be sent before this, in monotonic milliseconds (P2). */
  leaseUntilMs(): number;
  /** Answers to writes need the lease as well: nobody else acknowledges them. */
  readonly writesNeedLease: boolean;
  /** P10: enough copies are in sync for writes; else they wait a moment (`pausing`), and then are refused. */
  readonly writable: boolean;
  /** Writes wait: for the end of a hand-over, or for a copy that has just been lost (P10). */
  readonly pausing: boolean;
  /** Too much is not acknowledged yet: no more is to be executed before some of it is (P12). */
  readonly congested: boolean;
  /** A replica may answer READONLY reads: all it has executed is committed (P7). */
  readonly readable: boolean;
  /** Wall clock of the shard, milliseconds (P16). */
  shardMs(): number;
  /** Copies in sync beside this one. */
  readonly inSyncReplicas: number;
  /** Time since this node last heard of its primary, milliseconds; 0 on the primary. */
  readonly lagMs: number;
  /** How far this node's log goes, and how far another member's is known to go. */
  offsetOf(pod: string | undefined): number;
  /** Set by the server: more is committed, or a lease was renewed. */
  onProgress: () => void;
  /** Set by the server: leading has ended, what is still held must not be sent. */
  onStop: () => void;
}
