import type { Channel } from '../../shared/bus/channel.ts';
import type { Bus } from '../bus/bus.ts';
import { asOnePart, onePartBytes, partsOf } from '../bus/parts.ts';
import type { MoveEnvelope } from '../replication/moves/messages.ts';
import { encodeMove, type EncodedMove } from '../replication/moves/wire.ts';
import type { MemberRecord } from '../topology/member.ts';

/** One-way messages of the bus that carry moves of slots. */
export const movesMessage = 40;
const maxWaiting = 64;
const nothing = Buffer.alloc(0);

/** Messages to whoever leads another shard, in order for each pod; those that cannot be delivered are lost, which the protocol expects. A chunk's bytes may be used again after the call. */
export function createShardLinks(bus: Bus, primaryOf: (shard: number) => MemberRecord | undefined): (envelope: MoveEnvelope) => void {
  const waiting = new Map<string, Uint8Array[]>();
  let messages = 0;

  function post(channel: Channel, { head, bytes = nothing }: EncodedMove): void {
    messages = (messages + 1) >>> 0;
    if (head.length + bytes.length <= onePartBytes) return channel.post(movesMessage, asOnePart(messages, head), { bytes, start: 0, end: bytes.length });
    for (const part of partsOf(messages, Buffer.concat([head, bytes]))) channel.post(movesMessage, part);
  }

  function connect(record: MemberRecord, first: EncodedMove): void {
    const queue = [kept(first)];
    waiting.set(record.pod, queue);
    const done = (open: Channel | undefined): void => {
      waiting.delete(record.pod);
      if (open !== undefined) for (const head of queue) post(open, { head, bytes: undefined });
    };
    bus.connect(record).then(done, () => done(undefined));
  }

  return (envelope) => {
    const record = primaryOf(envelope.toShard);
    if (record === undefined) return;
    const encoded = encodeMove(envelope);
    const queue = waiting.get(record.pod);
    if (queue !== undefined) {
      if (queue.length < maxWaiting) queue.push(kept(encoded));
      return;
    }
    const channel = bus.channelTo(record);
    if (channel === undefined) connect(record, encoded);
    else post(channel, encoded);
  };
}

const kept = ({ head, bytes }: EncodedMove): Uint8Array => (bytes === undefined ? head : Buffer.concat([head, bytes]));
