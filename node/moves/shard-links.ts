import type { Channel } from '../../shared/bus/channel.ts';
import type { Bus } from '../bus/bus.ts';
import { partsOf } from '../bus/parts.ts';
import type { MoveEnvelope } from '../replication/moves/messages.ts';
import { encodeMove } from '../replication/moves/wire.ts';
import type { MemberRecord } from '../topology/member.ts';

/** One-way messages of the bus that carry moves of slots. */
export const movesMessage = 40;
const maxWaiting = 64;
/** Messages to whoever leads another shard, in order for each pod; those that cannot be delivered are lost, which the protocol expects. */
export function createShardLinks(bus: Bus, primaryOf: (shard: number) => MemberRecord | undefined): (envelope: MoveEnvelope) => void {
  const waiting = new Map<string, Uint8Array[]>();
  let messages = 0;
  return (envelope) => {
    const record = primaryOf(envelope.toShard);
    if (record === undefined) return;
    messages = (messages + 1) >>> 0;
    const parts = partsOf(messages, encodeMove(envelope));
    const queue = waiting.get(record.pod);
    if (queue !== undefined) {
      if (queue.length < maxWaiting) queue.push(...parts);
      return;
    }
    const channel = bus.channelTo(record);
    if (channel !== undefined) {
      for (const part of parts) channel.post(movesMessage, part);
      return;
    }
    waiting.set(record.pod, parts);
    const done = (open: Channel | undefined): void => {
      waiting.delete(record.pod);
      if (open !== undefined) for (const one of parts) open.post(movesMessage, one);
    };
    bus.connect(record).then(done, () => done(undefined));
  };
}
