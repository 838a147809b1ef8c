import type { Channel } from '../../shared/bus/channel.ts';
import type { Bus } from '../bus/bus.ts';
import { asOnePart, onePartBytes, partsOf } from '../bus/parts.ts';
import type { MoveEnvelope } from '../replication/moves/messages.ts';
import { encodeMove, type EncodedMove } from '../replication/moves/wire.ts';
import type { MemberRecord } from '../topology/member.ts';

/** One-way messages of the bus that carry moves of slots. */
export const movesMessage = 40;
const maxWaiting = 64;
/** Of chunks that wait for a connection. */
const maxWaitingBytes = 512 * 1024;
const nothing = Buffer.alloc(0);

interface Waiting {
  readonly messages: Uint8Array[];
  bytes: number;
}

/**
 * Messages to whoever leads another shard, in order for each pod; those that cannot be delivered are lost, which the protocol expects: chunks also where so much waits for the
 * network already (`mostUnsentBytes`). A chunk's bytes may be used again after the call.
 */
export function createShardLinks(bus: Bus, primaryOf: (shard: number) => MemberRecord | undefined, mostUnsentBytes: () => number): (envelope: MoveEnvelope) => void {
  const waiting = new Map<string, Waiting>();
  let messages = 0;

  function post(channel: Channel, { head, bytes = nothing }: EncodedMove): void {
    messages = (messages + 1) >>> 0;
    if (head.length + bytes.length <= onePartBytes) return channel.post(movesMessage, asOnePart(messages, head), { bytes, start: 0, end: bytes.length });
    for (const part of partsOf(messages, Buffer.concat([head, bytes]))) channel.post(movesMessage, part);
  }

  function connect(record: MemberRecord, first: EncodedMove): void {
    const queue: Waiting = { messages: [], bytes: 0 };
    wait(queue, first);
    waiting.set(record.pod, queue);
    const done = (open: Channel | undefined): void => {
      waiting.delete(record.pod);
      if (open !== undefined) for (const head of queue.messages) post(open, { head, bytes: undefined });
    };
    bus.connect(record).then(done, () => done(undefined));
  }

  return (envelope) => {
    const record = primaryOf(envelope.toShard);
    if (record === undefined) return;
    const encoded = encodeMove(envelope);
    const queue = waiting.get(record.pod);
    if (queue !== undefined) return wait(queue, encoded);
    const channel = bus.channelTo(record);
    if (channel === undefined) connect(record, encoded);
    else if (encoded.bytes === undefined || channel.bufferedBytes() <= mostUnsentBytes()) post(channel, encoded);
  };
}

function wait(queue: Waiting, message: EncodedMove): void {
  const bytes = message.bytes?.length ?? 0;
  if (queue.messages.length >= maxWaiting || (queue.bytes > 0 && queue.bytes + bytes > maxWaitingBytes)) return;
  queue.messages.push(kept(message));
  queue.bytes += bytes;
}

const kept = ({ head, bytes }: EncodedMove): Uint8Array => (bytes === undefined ? head : Buffer.concat([head, bytes]));
