import type { Channel } from '../../shared/bus/channel.ts';
import type { PeerIdentity } from '../../shared/bus/identity.ts';
import { maxFrameBytes } from '../../shared/bus/frame.ts';
import type { Bus } from '../bus/bus.ts';
import { createJoiner, partsOf } from '../bus/parts.ts';
import { kept, type Envelope } from '../replication/messages.ts';
import { decodeEnvelope, encodeEnvelope } from '../replication/wire.ts';
import type { MemberRecord } from '../topology/member.ts';

/** One-way messages of the bus that carry replication. */
export const replicationMessage = 32;
/** Part of an envelope that no frame holds: one with a very large value. */
export const replicationPartMessage = 35;
/** Room for what the bus puts around a message. */
const largestMessageBytes = maxFrameBytes - 1024;
const maxWaiting = 1_024;

/**
 * Envelopes over the bus, in order for each peer. While a connection is being made they wait; where none can be made they are lost, which the
 * protocol expects.
 */
export function createLinks(bus: Bus, recordOf: (pod: string) => MemberRecord | undefined) {
  const waiting = new Map<string, Envelope[]>();
  const join = createJoiner();
  let divided = 0;

  function post(channel: Channel, envelope: Envelope): void {
    const { head, bulk } = encodeEnvelope(envelope);
    if (bulk === undefined || head.length + bulk.end - bulk.start <= largestMessageBytes) return channel.post(replicationMessage, head, bulk);
    divided = (divided + 1) >>> 0;
    for (const part of partsOf(divided, Buffer.concat([head, bulk.bytes.subarray(bulk.start, bulk.end)]))) channel.post(replicationPartMessage, part);
  }

  function connect(record: MemberRecord, first: Envelope): void {
    const queue = [kept(first)];
    waiting.set(record.pod, queue);
    const done = (channel: Channel | undefined): void => {
      waiting.delete(record.pod);
      if (channel !== undefined) for (const envelope of queue) post(channel, envelope);
    };
    bus.connect(record).then(done, () => done(undefined));
  }

  return {
    send(envelope: Envelope): void {
      const record = recordOf(envelope.to);
      if (record === undefined) return;
      const queue = waiting.get(envelope.to);
      if (queue !== undefined) {
        if (queue.length < maxWaiting) queue.push(kept(envelope));
        return;
      }
      const channel = bus.channelTo(record);
      if (channel === undefined) connect(record, envelope);
      else post(channel, envelope);
    },
    /** The whole message once its last part is there. */
    joined: (payload: Uint8Array, from: PeerIdentity): Uint8Array | undefined => join(`${from.pod} ${from.incarnation}`, payload),
    /** The handshake says who speaks (P4). Throws WireError. */
    receive: (payload: Uint8Array, from: PeerIdentity, self: string): Envelope => decodeEnvelope(payload, { from: from.pod, fromIncarnation: from.incarnation, to: self }),
  };
}
