import { busProtocol, maxFrameBytes } from '../../shared/bus/frame.ts';

/** A message published on another node of the region. */
export interface Publication {
  readonly kind: 'channel' | 'shard';
  readonly channel: Uint8Array;
  readonly message: Uint8Array;
}

/** Some bytes of a frame are its own. */
const maxPartBytes = maxFrameBytes - 1024;
const headerBytes = 5;
const flag = { shard: 1, more: 2 } as const;
/** As long as Redis lets an argument be, for the channel and for the message. */
const maxPublicationBytes = 1024 * 1024 * 1024;

/**
 * A publication as payloads of the bus: flags u8 │ length of the channel u32 │ channel │ message. What is too long for a frame goes in
 * several, all but the last of which say that more of it follows.
 */
export function encodePublication({ kind, channel, message }: Publication, partBytes = maxPartBytes): readonly Uint8Array[] {
  const body = Buffer.concat([channel, message]);
  const parts: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < body.length; at += partBytes) {
    const slice = body.subarray(at, at + partBytes);
    const part = Buffer.allocUnsafe(headerBytes + slice.length);
    part[0] = (kind === 'shard' ? flag.shard : 0) | (at + partBytes < body.length ? flag.more : 0);
    part.writeUInt32BE(channel.length, 1);
    part.set(slice, headerBytes);
    parts.push(part);
  }
  return parts;
}

/** Puts the parts of one peer together again. Throws BUS_PROTOCOL for what no peer sends. */
export class PublicationReader {
  #parts: Buffer[] = [];
  #bytes = 0;

  /** Undefined while more of it is to come. Its bytes are views where it came in one payload. */
  take(payload: Uint8Array): Publication | undefined {
    if (payload.length < headerBytes) throw busProtocol('a publication without a header');
    const part = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
    const flags = part[0];
    const content = part.subarray(headerBytes);
    if ((flags & flag.more) !== 0 || this.#parts.length > 0) {
      this.#bytes += content.length;
      if (this.#bytes > maxPublicationBytes) throw busProtocol('a publication without an end');
      this.#parts.push(Buffer.from(content));
    }
    if ((flags & flag.more) !== 0) return undefined;
    const body = this.#parts.length === 0 ? content : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    const channelLength = part.readUInt32BE(1);
    if (channelLength > body.length) throw busProtocol('a publication shorter than its channel');
    return { kind: (flags & flag.shard) === 0 ? 'channel' : 'shard', channel: body.subarray(0, channelLength), message: body.subarray(channelLength) };
  }
}
