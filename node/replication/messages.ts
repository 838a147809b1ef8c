import type { ShardConfig } from './config.ts';
import type { PackedUnits } from './backlog.ts';
import type { Lineage, Position } from './positions.ts';

/** What members of a shard say to each other. Every message travels in an envelope with epoch and incarnations (P4). */
export type Message =
  /** Primary → members and witness. */
  | { readonly type: 'heartbeat'; readonly id: number; readonly commit: number; readonly tail: Position; readonly shardMs: number; readonly revision: number }
  | { readonly type: 'heartbeat-ack'; readonly id: number; readonly last: Position }
  /** Primary → member: units that follow `previous`; each is one command or one EXEC (P8). Their bytes are a view of the sender's ring: whoever keeps the message copies them. */
  | { readonly type: 'units'; readonly previous: Position; readonly units: PackedUnits; readonly commit: number; readonly shardMs: number }
  /** Cumulative: everything up to `last` has been received in order. `gap`: what came did not follow on `last`. */
  | { readonly type: 'units-ack'; readonly last: Position; readonly gap: boolean }
  /** New primary → members it kept (P6), repeated until acknowledged; and a primary → its members after each change of the configuration. */
  | { readonly type: 'new-epoch'; readonly config: ShardConfig; readonly tail: Position; readonly lineage: Lineage }
  | { readonly type: 'new-epoch-ack'; readonly last: Position }
  /**
   * Outsider → primary: take me in; or, where there is no primary, to the members: I am here, with nothing. `succeeds`: the incarnation in the Lease that is over because
   * this one lives (B2); absent where there is none, and from older programs.
   */
  | { readonly type: 'join'; readonly last: Position; readonly podUid: string; readonly succeeds?: string }
  /** Primary → joiner: discard everything, a snapshot follows in this same channel (P14). */
  | { readonly type: 'snapshot-begin'; readonly snapshot: number }
  /** Opaque to the protocol: entries, and changes of what the scan has passed, in one order. */
  | { readonly type: 'snapshot-chunk'; readonly snapshot: number; readonly index: number; readonly bytes: Uint8Array }
  | { readonly type: 'snapshot-ack'; readonly snapshot: number; readonly index: number }
  /** The copy stands at `position`; the stream goes on behind it. */
  | { readonly type: 'snapshot-end'; readonly snapshot: number; readonly chunks: number; readonly position: Position; readonly lineage: Lineage }
  /** Primary → ISR: nothing more is served in this epoch (P13). `successor` may begin at once. */
  | { readonly type: 'resign'; readonly last: Position; readonly successor: string | undefined }
  /** Who would restart the shard empty → witness: how long have you heard nothing? With `fence`, older epochs get no more answers (P3). */
  | { readonly type: 'witness-query'; readonly epoch: number; readonly fence: boolean }
  | { readonly type: 'witness-silence'; readonly epoch: number; readonly fenced: boolean; readonly silentMs: number }
  /** To whoever still speaks an older epoch. */
  | { readonly type: 'stale'; readonly config: ShardConfig };

export type Join = Extract<Message, { type: 'join' }>;

/** The same with bytes of its own, for whoever does not send it at once. */
export function kept(envelope: Envelope): Envelope {
  const { message } = envelope;
  // A Buffer's slice is a view.
  if (message.type === 'snapshot-chunk') return { ...envelope, message: { ...message, bytes: Uint8Array.from(message.bytes) } };
  if (message.type !== 'units') return envelope;
  const { units } = message;
  const bytes = Uint8Array.from(units.bytes.subarray(units.start, units.end));
  return { ...envelope, message: { ...message, units: { ...units, bytes, start: 0, end: bytes.length } } };
}

export interface Envelope {
  readonly shard: number;
  readonly epoch: number;
  readonly from: string;
  readonly fromIncarnation: string;
  readonly to: string;
  /** Incarnation of the receiver as the sender knows it; empty when it does not know one yet (join, new-epoch to a member just met). */
  readonly toIncarnation: string;
  readonly message: Message;
}
