import { createCipheriv, timingSafeEqual } from 'node:crypto';
import { MeridianError } from '../errors/meridian-error.ts';
import { crc32c } from './crc32c.ts';

/**
 * One frame of the bus, big endian:
 *
 *   length u32 │ version u8 │ type u8 │ flags u16 = 0 │ sequence u32 │ payload │ crc32c u32, or the authentication code of 16 bytes
 *   └ of all that follows                                                                   └ once a session has keys: it finds every flipped bit too
 *
 * What the frame ends with covers all before it, length included. The sequence starts at 0 in
 * each direction and rises by one, so a frame that is lost, repeated or out of turn is found before anything acts on it.
 */
const frameHeaderBytes = 12;
const frameCodeBytes = 16;
const checksumBytes = 4;
const lengthBytes = 4;
const lastSequence = 0xffff_ffff;
const nothing = new Uint8Array(0);
const leastRoomBytes = 16 * 1024;
const mostRoomBytes = 320 * 1024;

/** Bounds of a whole frame: what a stranger may make us hold, and what a member may. */
const maxHandshakeFrameBytes = 2048;
export const maxFrameBytes = 8 * 1024 * 1024;

/** One direction of a connection. Mutable; `key` absent: no authentication code (handshake). */
export interface FrameLane {
  sequence: number;
  version: number;
  key: Uint8Array | undefined;
  /** The next frame may be made in here, where it fits: it is free. */
  room?: Buffer;
}

export interface FrameReader {
  readonly lane: FrameLane;
  maxBytes: number;
  held: Uint8Array;
  heldBytes: number;
  /** Large frames are put together in these two in turn: who is shown one may look at it until the next bytes come, and by then another may be held. */
  readonly rooms: [Uint8Array, Uint8Array];
}

export interface Frame {
  readonly type: number;
  /** A view: copy what must live on past the return of the handler. */
  readonly payload: Uint8Array;
}

export const newLane = (version: number): FrameLane => ({ sequence: 0, version, key: undefined });

export function newReader(version: number): FrameReader {
  return { lane: newLane(version), maxBytes: maxHandshakeFrameBytes, held: nothing, heldBytes: 0, rooms: [nothing, nothing] };
}

/** More payload behind the first part: bytes[start, end). */
export interface Bulk {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** The frame, in the lane's room or a new buffer; takes the lane's next sequence number. */
export function encodeFrame(lane: FrameLane, type: number, payload: Uint8Array, bulk?: Bulk): Uint8Array {
  if (lane.sequence > lastSequence) throw busProtocol('sequence numbers are used up');
  const sealBytes = lane.key === undefined ? checksumBytes : frameCodeBytes;
  const sealAt = frameHeaderBytes + payload.length + (bulk === undefined ? 0 : bulk.end - bulk.start);
  const bytes = lane.room !== undefined && sealAt + sealBytes <= lane.room.length ? lane.room.subarray(0, sealAt + sealBytes) : Buffer.allocUnsafeSlow(sealAt + sealBytes);
  if (bytes.length > maxFrameBytes) throw busProtocol(`a frame of ${bytes.length} bytes is over the limit`);
  bytes.writeUInt32BE(bytes.length - lengthBytes, 0);
  bytes[4] = lane.version;
  bytes[5] = type;
  bytes.writeUInt16BE(0, 6);
  bytes.writeUInt32BE(lane.sequence++, 8);
  bytes.set(payload, frameHeaderBytes);
  if (bulk !== undefined) bytes.set(bulk.bytes.subarray(bulk.start, bulk.end), frameHeaderBytes + payload.length);
  if (lane.key === undefined) bytes.writeUInt32BE(crc32c(bytes, 0, sealAt), sealAt);
  else bytes.set(codeOf(lane.key, bytes.subarray(0, sealAt)), sealAt);
  return bytes;
}

/**
 * Feeds bytes as they came from the wire; calls `onFrame` for each whole frame. Holds at most one frame's bytes. Throws
 * BUS_PROTOCOL at the first byte that cannot be right; the reader is of no use afterwards. `onFrame` answers false to stop
 * reading (the rest is dropped).
 */
export function readFrames(reader: FrameReader, chunk: Uint8Array, onFrame: (frame: Frame) => boolean): void {
  let rest = chunk;
  while (rest.length > 0) {
    if (reader.heldBytes > 0) rest = holdMore(reader, rest);
    const source = reader.heldBytes > 0 ? reader.held.subarray(0, reader.heldBytes) : rest;
    const total = frameLength(reader, source);
    if (total === undefined || source.length < total) {
      if (reader.heldBytes === 0) hold(reader, rest, total);
      return;
    }
    const frame = checkFrame(reader.lane, source.subarray(0, total));
    if (reader.heldBytes > 0) release(reader);
    else rest = rest.subarray(total);
    if (!onFrame(frame)) return;
  }
}

/** Whole length of the frame at the start of `bytes`, once its length field is there. */
function frameLength(reader: FrameReader, bytes: Uint8Array): number | undefined {
  if (bytes.length < lengthBytes) return undefined;
  const total = readUint32(bytes, 0) + lengthBytes;
  const least = frameHeaderBytes + (reader.lane.key === undefined ? checksumBytes : frameCodeBytes);
  if (total < least || total > reader.maxBytes) throw busProtocol(`a frame of ${total} bytes, allowed are ${least} to ${reader.maxBytes}`);
  return total;
}

function hold(reader: FrameReader, bytes: Uint8Array, total: number | undefined): void {
  reader.held = roomFor(reader, total ?? lengthBytes);
  reader.held.set(bytes);
  reader.heldBytes = bytes.length;
}

/** New ones of this size would come from the system each time, and the collector would hear of them late. */
function roomFor(reader: FrameReader, bytes: number): Uint8Array {
  if (bytes < leastRoomBytes || bytes > mostRoomBytes) return new Uint8Array(bytes);
  const { rooms } = reader;
  const room = rooms[1].length >= bytes ? rooms[1] : Buffer.allocUnsafeSlow(Math.ceil(bytes / leastRoomBytes) * leastRoomBytes);
  rooms[1] = rooms[0];
  rooms[0] = room;
  return room.subarray(0, bytes);
}

/** Moves what the held frame still lacks from `bytes` to it; answers what is left over. */
function holdMore(reader: FrameReader, bytes: Uint8Array): Uint8Array {
  let rest = take(reader, bytes);
  const total = frameLength(reader, reader.held.subarray(0, reader.heldBytes));
  if (total !== undefined && reader.held.length < total) {
    const larger = roomFor(reader, total);
    larger.set(reader.held.subarray(0, reader.heldBytes));
    reader.held = larger;
    rest = take(reader, rest);
  }
  return rest;
}

function take(reader: FrameReader, bytes: Uint8Array): Uint8Array {
  const count = Math.min(bytes.length, reader.held.length - reader.heldBytes);
  reader.held.set(bytes.subarray(0, count), reader.heldBytes);
  reader.heldBytes += count;
  return bytes.subarray(count);
}

function release(reader: FrameReader): void {
  reader.held = nothing;
  reader.heldBytes = 0;
}

function checkFrame(lane: FrameLane, bytes: Uint8Array): Frame {
  const { key } = lane;
  const sealAt = bytes.length - (key === undefined ? checksumBytes : frameCodeBytes);
  if (key === undefined) {
    if (readUint32(bytes, sealAt) !== crc32c(bytes, 0, sealAt)) throw busProtocol('checksum of a frame does not match');
  } else if (!timingSafeEqual(codeOf(key, bytes.subarray(0, sealAt)), bytes.subarray(sealAt))) throw busProtocol('authentication code of a frame does not match');
  if (bytes[4] !== lane.version) throw busProtocol(`frame of version ${bytes[4]}, agreed on was ${lane.version}`);
  if (bytes[6] !== 0 || bytes[7] !== 0) throw busProtocol('unknown frame flags');
  const sequence = readUint32(bytes, 8);
  if (sequence !== lane.sequence) throw busProtocol(`frame ${sequence} where ${lane.sequence} was due`);
  lane.sequence++;
  return { type: bytes[5], payload: bytes.subarray(frameHeaderBytes, sealAt) };
}

const nonce = Buffer.alloc(12);

/** GMAC: the key belongs to one direction of one session, and the sequence in the frame is used once in it. Several times as fast as an HMAC, and every write pays it. */
function codeOf(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  nonce.writeUInt32BE(readUint32(bytes, 8), 8);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(bytes);
  cipher.final();
  return cipher.getAuthTag();
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}

export function busProtocol(detail: string): MeridianError {
  return new MeridianError('BUS_PROTOCOL', { detail });
}
