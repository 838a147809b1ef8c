import type { Envelope, Message } from './messages.ts';

interface Heard {
  readonly epoch: number;
  /** When a heartbeat of this epoch was last acknowledged. */
  readonly atMs: number;
  /** The same for all older epochs. */
  readonly olderAtMs: number;
}

/**
 * The node outside a shard that acknowledges the heartbeats of a primary that is alone in its ISR (P2): so the primary knows when it may have been
 * replaced, and who would restart the shard empty learns how long ago it was heard (B1).
 */
export function createWitness(startMs: number) {
  const heard = new Map<number, Heard>();
  // A witness that has just started may have answered before: its own start counts as the last time.
  const unknown: Heard = { epoch: -1, atMs: startMs, olderAtMs: startMs };
  const rise = (known: Heard, epoch: number): Heard => (epoch > known.epoch ? { epoch, atMs: known.atMs, olderAtMs: Math.max(known.atMs, known.olderAtMs) } : known);
  return {
    /** What this witness says to a message; undefined: nothing. An epoch older than any heard or fenced gets no acknowledgement (P4). */
    answer({ shard, epoch }: Envelope, message: Message, now: number): Message | undefined {
      const known = heard.get(shard) ?? unknown;
      if (message.type === 'heartbeat') {
        if (epoch < known.epoch) return undefined;
        heard.set(shard, { ...rise(known, epoch), atMs: now });
        return { type: 'heartbeat-ack', id: message.id, last: message.tail };
      }
      if (message.type !== 'witness-query') return undefined;
      const seen = message.fence ? rise(known, message.epoch) : known;
      if (message.fence) heard.set(shard, seen);
      return { type: 'witness-silence', epoch: message.epoch, fenced: message.fence, silentMs: now - (message.fence ? seen.olderAtMs : Math.max(seen.atMs, seen.olderAtMs)) };
    },
  };
}
