import type { Bulk } from '../../shared/bus/frame.ts';
import type { ShardConfig } from './config.ts';
import { packedCount } from './backlog.ts';
import type { Envelope, Message } from './messages.ts';
import type { Lineage, Position } from './positions.ts';

/**
 * Envelopes on the bus:
 *
 *   1 u8 │ head length u32 │ head: JSON of the envelope without bulk bytes │ bytes of a snapshot's chunk
 *   2 u8 │ kind u8 │ shard u16 │ epoch f64 │ length u8 │ incarnation of the receiver │ fields          what travels with every turn; the session says who speaks
 *     units       previous epoch f64 │ previous seq f64 │ commit f64 │ shard time f64 │ epoch f64 │ count u32 │ (length u32 │ unit)*
 *     units-ack   epoch f64 │ seq f64 │ gap u8
 *
 * The bus has checked codes of whole frames; what still makes no sense here comes from a faulty or strange program and is refused as a whole.
 */
const textVersion = 1;
const binaryVersion = 2;
const headBytes = 5;
const binaryHeadBytes = 13;
const kinds = { units: 1, unitsAck: 2 } as const;
const unitsFieldBytes = 44;
const ackFieldBytes = 17;

export class WireError extends Error {}

const strictText = new TextDecoder('utf-8', { fatal: true });

/** What the handshake of the session says about both ends: it stands for the names in messages that travel often. */
export interface Ends {
  readonly from: string;
  readonly fromIncarnation: string;
  readonly to: string;
}

/** A message is `head`, then the bulk: not copied here, for the frame around both copies it. */
export interface EncodedEnvelope {
  readonly head: Uint8Array;
  readonly bulk: Bulk | undefined;
}

export function encodeEnvelope(envelope: Envelope): EncodedEnvelope {
  const { message } = envelope;
  if (message.type === 'units') return { head: encodeUnits(envelope, message), bulk: message.units };
  if (message.type === 'units-ack') return { head: encodeAck(envelope, message), bulk: undefined };
  if (message.type !== 'snapshot-chunk') return { head: encodeText(envelope), bulk: undefined };
  const { bytes, ...rest } = message;
  return { head: encodeText({ ...envelope, message: rest }), bulk: { bytes, start: 0, end: bytes.length } };
}

function encodeText(head: object): Uint8Array {
  const json = Buffer.from(JSON.stringify(head));
  const bytes = Buffer.allocUnsafe(headBytes + json.length);
  bytes[0] = textVersion;
  bytes.writeUInt32BE(json.length, 1);
  bytes.set(json, headBytes);
  return bytes;
}

/** Fixed part, and what comes before the fields of a message's kind. */
function startBinary(envelope: Envelope, kind: number, fieldBytes: number): Buffer {
  const { toIncarnation } = envelope;
  const bytes = Buffer.allocUnsafe(binaryHeadBytes + toIncarnation.length + fieldBytes);
  bytes[0] = binaryVersion;
  bytes[1] = kind;
  bytes.writeUInt16BE(envelope.shard, 2);
  bytes.writeDoubleBE(envelope.epoch, 4);
  bytes[12] = toIncarnation.length;
  bytes.write(toIncarnation, binaryHeadBytes, 'latin1');
  return bytes;
}

function encodeUnits(envelope: Envelope, { previous, commit, shardMs, units }: Extract<Message, { type: 'units' }>): Uint8Array {
  const bytes = startBinary(envelope, kinds.units, unitsFieldBytes);
  let at = bytes.length - unitsFieldBytes;
  for (const value of [previous.epoch, previous.seq, commit, shardMs, units.epoch]) at = bytes.writeDoubleBE(value, at);
  bytes.writeUInt32BE(units.count, at);
  return bytes;
}

function encodeAck(envelope: Envelope, { last, gap }: Extract<Message, { type: 'units-ack' }>): Uint8Array {
  const bytes = startBinary(envelope, kinds.unitsAck, ackFieldBytes);
  const at = bytes.writeDoubleBE(last.seq, bytes.writeDoubleBE(last.epoch, bytes.length - ackFieldBytes));
  bytes[at] = gap ? 1 : 0;
  return bytes;
}

/** Throws WireError. The bytes of units and chunks are views of `payload`. */
export function decodeEnvelope(payload: Uint8Array, ends: Ends): Envelope {
  must(payload.length >= headBytes, 'an envelope is too short');
  if (payload[0] === binaryVersion) return decodeBinary(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength), ends);
  if (payload[0] !== textVersion) throw new WireError(`an envelope has version ${payload[0]}`);
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const start = headBytes + view.getUint32(1);
  if (start > payload.length) throw new WireError('an envelope is cut');
  const head = parse(payload.subarray(headBytes, start));
  const { shard, epoch, from, fromIncarnation, to, toIncarnation } = head;
  must(isCount(shard) && isCount(epoch) && isText(from) && isText(fromIncarnation) && isText(to) && isText(toIncarnation) && isRecord(head.message), 'an envelope lacks a field');
  must(from === ends.from && fromIncarnation === ends.fromIncarnation, 'an envelope says that another member sent it');
  return { shard, epoch, from, fromIncarnation, to, toIncarnation, message: readMessage(head.message as Fields, payload, start) };
}

function decodeBinary(bytes: Buffer, ends: Ends): Envelope {
  must(bytes.length >= binaryHeadBytes, 'an envelope is too short');
  const fieldsAt = binaryHeadBytes + bytes[12];
  const kind = bytes[1];
  must(kind === kinds.units || kind === kinds.unitsAck, `a message of kind ${kind}`);
  must(bytes.length >= fieldsAt + (kind === kinds.units ? unitsFieldBytes : ackFieldBytes), 'an envelope is cut');
  const epoch = bytes.readDoubleBE(4);
  must(isCount(epoch), 'an epoch is no number');
  const toIncarnation = bytes.toString('latin1', binaryHeadBytes, fieldsAt);
  const message = kind === kinds.units ? decodeUnits(bytes, fieldsAt) : decodeAck(bytes, fieldsAt);
  return { shard: bytes.readUInt16BE(2), epoch, from: ends.from, fromIncarnation: ends.fromIncarnation, to: ends.to, toIncarnation, message };
}

function decodeUnits(bytes: Buffer, at: number): Message {
  const previous = { epoch: bytes.readDoubleBE(at), seq: bytes.readDoubleBE(at + 8) };
  const commit = bytes.readDoubleBE(at + 16);
  const shardMs = bytes.readDoubleBE(at + 24);
  const epoch = bytes.readDoubleBE(at + 32);
  const count = bytes.readUInt32BE(at + 40);
  const start = at + unitsFieldBytes;
  must(isPosition(previous) && isCount(commit) && isCount(epoch) && !Number.isNaN(shardMs), 'a field of units is no number');
  must(packedCount(bytes, start, bytes.length) === count, 'units are cut');
  return { type: 'units', previous, commit, shardMs, units: { bytes, start, end: bytes.length, epoch, count } };
}

function decodeAck(bytes: Buffer, at: number): Message {
  const last = { epoch: bytes.readDoubleBE(at), seq: bytes.readDoubleBE(at + 8) };
  must(isPosition(last) && bytes[at + 16] <= 1 && bytes.length === at + ackFieldBytes, 'an answer to units is not well formed');
  return { type: 'units-ack', last, gap: bytes[at + 16] === 1 };
}

type Fields = Readonly<Record<string, unknown>>;

function parse(bytes: Uint8Array): Fields {
  try {
    const value: unknown = JSON.parse(strictText.decode(bytes));
    must(isRecord(value), 'an envelope is no object');
    return value as Fields;
  } catch (error) {
    throw error instanceof WireError ? error : new WireError('an envelope is not JSON');
  }
}

function readMessage(m: Fields, bytes: Uint8Array, start: number): Message {
  must(m.type === 'snapshot-chunk' || start === bytes.length, 'bytes follow the message');
  const known = Object.hasOwn(shapes, String(m.type)) ? shapes[m.type as keyof typeof shapes] : undefined;
  must(known?.(m) === true, `a message of type ${String(m.type)} is not well formed`);
  if (m.type === 'snapshot-chunk') return { type: 'snapshot-chunk', snapshot: m.snapshot as number, index: m.index as number, bytes: bytes.subarray(start) };
  return m as unknown as Message;
}

const maxLineage = 64;
const maxMembers = 16;
const isRecord = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= 253;
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
/** Times are finite, or −Infinity (JSON: null) where nothing was received yet. */
const isTime = (value: unknown): boolean => value === null || Number.isFinite(value);
const isPosition = (value: unknown): value is Position => isRecord(value) && isCount(value.epoch) && isCount(value.seq);
const isLineage = (value: unknown): value is Lineage => Array.isArray(value) && value.length <= maxLineage && value.every((one) => isRecord(one) && isCount(one.epoch) && isCount(one.firstSeq));
const isTexts = (value: unknown): boolean => isRecord(value) && Object.values(value).every(isText);
const isDoubt = (value: unknown): boolean => value === undefined || value === 'members' || value === 'witness';
const isConfig = (value: unknown): value is ShardConfig =>
  isRecord(value) && isText(value.resourceVersion) && isText(value.leaseUid) && isCount(value.epoch) && isCount(value.revision) && (value.primary === undefined || isText(value.primary)) &&
  Array.isArray(value.isr) && value.isr.length <= maxMembers && value.isr.every(isText) && isTexts(value.incarnations) && isTexts(value.podUids) && (value.witness === undefined || isText(value.witness)) && (value.sealed === undefined || isText(value.sealed)) && isDoubt(value.unopened) && isText(value.nonce);

const shapes: Readonly<Record<Exclude<Message['type'], 'units' | 'units-ack'>, (m: Fields) => boolean>> = {
  heartbeat: (m) => isCount(m.id) && isCount(m.commit) && isPosition(m.tail) && isTime(m.shardMs) && isCount(m.revision),
  'heartbeat-ack': (m) => isCount(m.id) && isPosition(m.last),
  'new-epoch': (m) => isConfig(m.config) && isPosition(m.tail) && isLineage(m.lineage),
  'new-epoch-ack': (m) => isPosition(m.last),
  join: (m) => isPosition(m.last) && isText(m.podUid) && (m.succeeds === undefined || isText(m.succeeds)),
  'snapshot-begin': (m) => isCount(m.snapshot),
  'snapshot-chunk': (m) => isCount(m.snapshot) && isCount(m.index),
  'snapshot-ack': (m) => isCount(m.snapshot) && isCount(m.index),
  'snapshot-end': (m) => isCount(m.snapshot) && isCount(m.chunks) && isPosition(m.position) && isLineage(m.lineage),
  resign: (m) => isPosition(m.last) && (m.successor === undefined || isText(m.successor)),
  'witness-query': (m) => isCount(m.epoch) && typeof m.fence === 'boolean',
  'witness-silence': (m) => isCount(m.epoch) && typeof m.fenced === 'boolean' && Number.isFinite(m.silentMs),
  stale: (m) => isConfig(m.config),
};

function must(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new WireError(otherwise);
}
