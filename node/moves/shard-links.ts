import type { Channel } from '../../shared/bus/channel.ts';
import { maxFrameBytes } from '../../shared/bus/frame.ts';
import type { Bus } from '../bus/bus.ts';
import type { MoveEnvelope } from '../replication/moves/messages.ts';
import { encodeMove } from '../replication/moves/wire.ts';
import type { MemberRecord } from '../topology/member.ts';

/** One-way messages of the bus that carry moves of slots. */
export const movesMessage = 40;
const maxWaiting = 64;
/** A message that no frame holds (a chunk with a very large value) goes in parts: number of the message u32 │ part u32 │ parts u32 │ bytes. */
const partHeadBytes = 12;
const partBytes = maxFrameBytes >>> 1;

function partsOf(message: number, bytes: Uint8Array): Uint8Array[] {
  const count = Math.max(1, Math.ceil(bytes.length / partBytes));
  return Array.from({ length: count }, (_, part) => {
    const piece = bytes.subarray(part * partBytes, (part + 1) * partBytes);
    const payload = new Uint8Array(partHeadBytes + piece.length);
    const view = new DataView(payload.buffer);
    view.setUint32(0, message);
    view.setUint32(4, part);
    view.setUint32(8, count);
    payload.set(piece, partHeadBytes);
    return payload;
  });
}

/** Puts parts together; those of a message that lost some with a connection are dropped. */
export function createJoiner(): (from: string, payload: Uint8Array) => Uint8Array | undefined {
  const pending = new Map<string, { readonly message: number; readonly parts: Uint8Array[] }>();
  return (from, payload) => {
    if (payload.length < partHeadBytes) return undefined;
    const view = new DataView(payload.buffer, payload.byteOffset);
    const [message, part, count] = [view.getUint32(0), view.getUint32(4), view.getUint32(8)];
    const bytes = payload.subarray(partHeadBytes);
    if (count === 1) return bytes;
    const known = pending.get(from);
    const parts = known?.message === message ? known.parts : [];
    if (part !== parts.length) {
      pending.delete(from);
      return undefined;
    }
    // The payload is a view that others use again.
    parts.push(bytes.slice());
    if (parts.length < count) {
      pending.set(from, { message, parts });
      return undefined;
    }
    pending.delete(from);
    return Buffer.concat(parts);
  };
}

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
