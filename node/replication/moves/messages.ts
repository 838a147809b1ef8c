import type { MapMove } from './map-change.ts';
import type { Session } from './ledger.ts';

/** What the primaries of two shards say to each other about a move (B9). Any of it may be lost or come twice; what counts is repeated. */
export type MoveMessage =
  /** Source → target: make room for staging, with nothing in it. Repeated until `ready`. */
  | { readonly type: 'open'; readonly move: MapMove; readonly session: Session }
  /** Target → source: all in-sync copies of the target know of the staging. */
  | { readonly type: 'ready'; readonly id: string; readonly session: Session }
  /** busy: these slots hold something that is being deleted first. full: no memory. */
  | { readonly type: 'refuse'; readonly id: string; readonly session: Session; readonly reason: 'busy' | 'full' }
  /** Entries as they are, and keys that are gone, in order. `acked`: chunks below were acknowledged. `final`: nothing follows; writes are paused. */
  | { readonly type: 'chunk'; readonly id: string; readonly session: Session; readonly index: number; readonly acked: number; readonly final: boolean; readonly bytes: Uint8Array }
  /** All in-sync copies of the target have every chunk below `next`. */
  | { readonly type: 'taken'; readonly id: string; readonly session: Session; readonly next: number }
  /** The target has no such staging. */
  | { readonly type: 'lost'; readonly id: string; readonly session: Session }
  /** Source → target: `released` is committed, serve. Repeated until `opened`. Without a session: serve with nothing. */
  | { readonly type: 'release'; readonly move: MapMove; readonly generation: number; readonly session: Session | undefined }
  | { readonly type: 'opened'; readonly id: string }
  /** Source → target: cancelled before it was ordered. */
  | { readonly type: 'abandon'; readonly id: string; readonly session: Session }
  /** Target → source: nothing was heard of this staging for long. Answered by `abandon` when the source knows nothing of it. */
  | { readonly type: 'still'; readonly id: string; readonly session: Session };

export interface MoveEnvelope {
  readonly fromShard: number;
  readonly toShard: number;
  readonly message: MoveMessage;
}
