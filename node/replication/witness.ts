import type { Envelope, Message } from './messages.ts';

/**
 * The node outside a shard that acknowledges the heartbeats of a primary that is alone in its ISR (P2): so the primary knows when it may have been
 * replaced, and others learn how long ago it was heard.
 */
export function createWitness() {
  const heard = new Map<number, { epoch: number; incarnation: string; atMs: number }>();
  return {
    /** The answer to a heartbeat; undefined for one of an older epoch than any heard of that shard (P4). */
    answer(envelope: Envelope, message: Extract<Message, { type: 'heartbeat' }>, now: number): Message | undefined {
      const known = heard.get(envelope.shard);
      if (known !== undefined && envelope.epoch < known.epoch) return undefined;
      heard.set(envelope.shard, { epoch: envelope.epoch, incarnation: envelope.fromIncarnation, atMs: now });
      return { type: 'heartbeat-ack', id: message.id, last: message.tail };
    },
    /** From now on heartbeats of older epochs get no answer. */
    fence(shard: number, epoch: number): void {
      const known = heard.get(shard);
      if (known === undefined || known.epoch < epoch) heard.set(shard, { epoch, incarnation: '', atMs: -Infinity });
    },
    /** Since when nothing was heard of the shard's primary; −Infinity when nothing ever was. */
    lastHeardMs: (shard: number): number => heard.get(shard)?.atMs ?? -Infinity,
  };
}
