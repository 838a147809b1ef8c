import { maxFrameBytes } from '../../shared/bus/frame.ts';

/** Whole messages up to this size travel in one frame. */
export const onePartBytes = maxFrameBytes >>> 1;

/** A message that no frame holds (a chunk with a very large value) goes in parts: number of the message u32 │ part u32 │ parts u32 │ bytes. */
const partHeadBytes = 12;
const partBytes = onePartBytes;

export function partsOf(message: number, bytes: Uint8Array): Uint8Array[] {
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

/** Head of a message that a frame holds: what follows it in the frame belongs to the message. */
export function asOnePart(message: number, head: Uint8Array): Uint8Array {
  const payload = Buffer.allocUnsafe(partHeadBytes + head.length);
  payload.writeUInt32BE(message, 0);
  payload.writeUInt32BE(0, 4);
  payload.writeUInt32BE(1, 8);
  payload.set(head, partHeadBytes);
  return payload;
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
