import type { ShardConfig } from './config.ts';
import type { Envelope, Message } from './messages.ts';
import type { Position } from './positions.ts';

/** What a member is told. Times are the member's own monotonic clock, milliseconds, and come beside the event. */
export type MemberEvent =
  | { readonly type: 'tick' }
  | { readonly type: 'message'; readonly envelope: Envelope }
  /** The store executed and logged units up to here in this event-loop turn (primary only). */
  | { readonly type: 'appended' }
  /** Answer of a quorum read of the Lease; undefined config: there is none. */
  | { readonly type: 'lease-read'; readonly request: number; readonly config: ShardConfig | undefined }
  | { readonly type: 'lease-failed'; readonly request: number }
  /** Somebody edited the Lease by hand: what it says makes no sense. */
  | { readonly type: 'lease-nonsense'; readonly request: number; readonly resourceVersion: string; readonly leaseUid: string }
  /** `unknown`: the answer was lost, the change may have happened or may still (P11). */
  | { readonly type: 'cas-result'; readonly id: number; readonly outcome: 'ok'; readonly config: ShardConfig }
  | { readonly type: 'cas-result'; readonly id: number; readonly outcome: 'conflict' | 'unknown' }
  | { readonly type: 'map-read'; readonly epoch: number; readonly ok: boolean }
  /** B2 holds for this incarnation. */
  | { readonly type: 'proof-of-death'; readonly member: string; readonly incarnation: string }
  /** A connection to this member broke: proves nothing, and is a reason to look at once (B2). */
  | { readonly type: 'disconnected'; readonly member: string }
  /** This incarnation is about to end, and acknowledges until it is out of the in-sync set. */
  | { readonly type: 'parting'; readonly incarnation: string }
  | { readonly type: 'snapshot-chunk-ready'; readonly to: string; readonly snapshot: number; readonly bytes: Uint8Array; /** Everything is sent: the copy stands where the log stands now. */ readonly last: boolean }
  /** The Lease is to name this snapshot (everything is in it and no write is taken any more), or none (H1). */
  | { readonly type: 'seal'; readonly snapshot: string | undefined }
  /** Planned hand-over: to `target`, or to any in-sync member. */
  | { readonly type: 'switchover'; readonly target: string | undefined };

export type MemberEffect =
  | { readonly type: 'send'; readonly to: string; readonly toIncarnation: string; readonly epoch: number; readonly message: Message }
  | { readonly type: 'read-lease'; readonly request: number }
  | { readonly type: 'cas'; readonly id: number; readonly config: ShardConfig }
  | { readonly type: 'read-map'; readonly epoch: number }
  | { readonly type: 'probe'; readonly member: string; readonly incarnation: string }
  /** Serve in this epoch from now on; commands may be executed and appended. */
  | { readonly type: 'serve'; readonly epoch: number }
  | { readonly type: 'stop-serving'; readonly reason: string }
  /** Everything up to `seq` is committed: held replies may go (primary), units are to be applied (replica). The lease is the one at this commit: what follows in the same step may end it (P13). */
  | { readonly type: 'commit'; readonly seq: number; readonly shardMs: number; readonly leaseUntilMs: number }
  /** Execute logged units up to seq on the store (a promoted member, before it serves). */
  | { readonly type: 'apply'; readonly toSeq: number }
  /** Drop all data: a snapshot follows, or the shard restarts empty. */
  | { readonly type: 'discard' }
  | { readonly type: 'load-chunk'; readonly bytes: Uint8Array }
  /** The snapshot is complete: the store stands at `position`. */
  | { readonly type: 'loaded'; readonly position: Position }
  /** Scan the store for this joiner; from now on changes of what the scan has passed go into its chunks too, in order (P14). */
  | { readonly type: 'start-snapshot'; readonly to: string; readonly snapshot: number }
  /** A chunk was taken: one more may go. */
  | { readonly type: 'next-chunk'; readonly to: string; readonly snapshot: number }
  | { readonly type: 'stop-snapshot'; readonly to: string; readonly snapshot: number }
  | { readonly type: 'config'; readonly config: ShardConfig }
  | { readonly type: 'report'; readonly event: ReportedEvent };

/** What is worth an event or a metric. */
export type ReportedEvent =
  | { readonly what: 'promoted'; readonly epoch: number; readonly cause: 'silence' | 'proof' | 'resigned' | 'empty' | 'woken'; readonly silenceMs: number }
  | { readonly what: 'removed'; readonly member: string; readonly cause: string }
  | { readonly what: 'joined'; readonly member: string }
  | { readonly what: 'resigned'; readonly cause: string }
  | { readonly what: 'restarted-empty'; readonly epoch: number }
  | { readonly what: 'lease-repaired'; readonly epoch: number }
  | { readonly what: 'refused'; readonly reason: 'epoch' | 'incarnation' | 'stranger' };
