import type { Session } from './ledger.ts';
import type { MapMove } from './map-change.ts';
import type { MoveEnvelope, MoveMessage } from './messages.ts';

/**
 * Messages about moves on the bus, big endian:
 *
 *   1 u8 │ head length u32 │ head: JSON of the envelope
 *   2 u8 │ from u16 │ to u16 │ final u8 │ session epoch f64, count f64 │ index u32 │ acked u32 │ length u8 │ id │ bytes          a chunk
 */
const textVersion = 1;
const chunkVersion = 2;
const headBytes = 5;
const chunkHeadBytes = 31;

class MoveWireError extends Error {}

const strictText = new TextDecoder('utf-8', { fatal: true });

/** A message is `head`, then the bytes of a chunk: not copied here, for the frame around both copies them. */
export interface EncodedMove {
  readonly head: Uint8Array;
  readonly bytes: Uint8Array | undefined;
}

export function encodeMove(envelope: MoveEnvelope): EncodedMove {
  const { message } = envelope;
  if (message.type === 'chunk') return { head: chunkHead(envelope, message), bytes: message.bytes };
  const json = Buffer.from(JSON.stringify(envelope));
  const head = Buffer.allocUnsafe(headBytes + json.length);
  head[0] = textVersion;
  head.writeUInt32BE(json.length, 1);
  head.set(json, headBytes);
  return { head, bytes: undefined };
}

function chunkHead({ fromShard, toShard }: MoveEnvelope, { id, session, index, acked, final }: ChunkMessage): Uint8Array {
  const head = Buffer.allocUnsafe(chunkHeadBytes + id.length);
  head[0] = chunkVersion;
  head.writeUInt16BE(fromShard, 1);
  head.writeUInt16BE(toShard, 3);
  head[5] = final ? 1 : 0;
  head.writeDoubleBE(session.epoch, 6);
  head.writeDoubleBE(session.count, 14);
  head.writeUInt32BE(index, 22);
  head.writeUInt32BE(acked, 26);
  head[30] = id.length;
  head.write(id, chunkHeadBytes, 'latin1');
  return head;
}

/** Throws MoveWireError. A chunk's bytes are a view of `bytes`. */
export function decodeMove(bytes: Uint8Array): MoveEnvelope {
  if (bytes[0] === chunkVersion) return decodeChunk(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if (bytes.length < headBytes || bytes[0] !== textVersion) throw new MoveWireError('no message about moves of a version that is known');
  if (headBytes + new DataView(bytes.buffer, bytes.byteOffset).getUint32(1) !== bytes.length) throw new MoveWireError('a message about moves is cut, or bytes follow it');
  const head = parse(bytes.subarray(headBytes));
  const message = isRecord(head.message) ? head.message : {};
  const shape = Object.hasOwn(shapes, String(message.type)) ? shapes[message.type as keyof typeof shapes] : undefined;
  if (!isCount(head.fromShard) || !isCount(head.toShard) || shape?.(message) !== true) throw new MoveWireError(`a message about moves of type ${String(message.type)} is not well formed`);
  return { fromShard: head.fromShard, toShard: head.toShard, message: message as unknown as MoveMessage };
}

function decodeChunk(bytes: Buffer): MoveEnvelope {
  const at = chunkHeadBytes + (bytes.length < chunkHeadBytes ? 0 : bytes[30]);
  if (bytes.length < at) throw new MoveWireError('a chunk is cut');
  const session = { epoch: bytes.readDoubleBE(6), count: bytes.readDoubleBE(14) };
  const id = bytes.toString('latin1', chunkHeadBytes, at);
  if (!isSession(session) || !isId(id) || bytes[5] > 1) throw new MoveWireError('a chunk is not well formed');
  const message: ChunkMessage = { type: 'chunk', id, session, index: bytes.readUInt32BE(22), acked: bytes.readUInt32BE(26), final: bytes[5] === 1, bytes: bytes.subarray(at) };
  return { fromShard: bytes.readUInt16BE(1), toShard: bytes.readUInt16BE(3), message };
}

type ChunkMessage = Extract<MoveMessage, { type: 'chunk' }>;
type Fields = Readonly<Record<string, unknown>>;

function parse(bytes: Uint8Array): Fields {
  try {
    const value: unknown = JSON.parse(strictText.decode(bytes));
    if (isRecord(value)) return value;
  } catch {
    // Said below.
  }
  throw new MoveWireError('a message about moves is not a JSON object');
}

const isRecord = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isId = (value: unknown): boolean => typeof value === 'string' && value.length > 0 && value.length <= 64;
const isSlot = (value: unknown): value is number => isCount(value) && value < 16_384;
const isSession = (value: unknown): value is Session => isRecord(value) && isCount(value.epoch) && isCount(value.count);
const isMove = (value: unknown): value is MapMove => isRecord(value) && isId(value.id) && isSlot(value.from) && isSlot(value.to) && value.from <= value.to && isCount(value.source) && isCount(value.target);
const named = (m: Fields): boolean => isId(m.id) && isSession(m.session);

const shapes: Readonly<Record<Exclude<MoveMessage['type'], 'chunk'>, (m: Fields) => boolean>> = {
  open: (m) => isMove(m.move) && isSession(m.session),
  ready: named,
  refuse: (m) => named(m) && (m.reason === 'busy' || m.reason === 'full'),
  taken: (m) => named(m) && isCount(m.next),
  lost: named,
  release: (m) => isMove(m.move) && isCount(m.generation) && (m.session === undefined || isSession(m.session)),
  opened: (m) => isId(m.id),
  abandon: named,
  still: named,
};
