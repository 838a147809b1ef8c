import type { ShardConfig } from './config.ts';
import type { Envelope, Message, Unit } from './messages.ts';
import type { Lineage, Position } from './positions.ts';

/**
 * Envelopes on the bus:
 *
 *   version u8 │ head length u32 │ head: JSON of the envelope without bulk bytes │ bulk
 *
 * Bulk of `units`: per unit epoch f64, length u32, bytes; seqs count on from `previous`. Bulk of `snapshot-chunk`: its bytes. The bus has checked sums and codes
 * of whole frames; what still makes no sense here comes from a faulty or strange program and is refused as a whole.
 */
const wireVersion = 1;
const headBytes = 5;
const unitHeadBytes = 12;

export class WireError extends Error {}

const text = new TextEncoder();
const strictText = new TextDecoder('utf-8', { fatal: true });

export function encodeEnvelope(envelope: Envelope): Uint8Array {
  const { message } = envelope;
  if (message.type === 'units') {
    const { units, ...rest } = message;
    return frame({ ...envelope, message: { ...rest, count: units.length } }, units.reduce((sum, unit) => sum + unitHeadBytes + unit.bytes.length, 0), (bytes, view, start) => {
      let at = start;
      for (const unit of units) {
        view.setFloat64(at, unit.epoch);
        view.setUint32(at + 8, unit.bytes.length);
        bytes.set(unit.bytes, at + unitHeadBytes);
        at += unitHeadBytes + unit.bytes.length;
      }
    });
  }
  if (message.type === 'snapshot-chunk') {
    const { bytes: chunk, ...rest } = message;
    return frame({ ...envelope, message: rest }, chunk.length, (bytes, _view, start) => bytes.set(chunk, start));
  }
  return frame(envelope, 0, () => undefined);
}

function frame(head: object, bulkBytes: number, fill: (bytes: Uint8Array, view: DataView, start: number) => void): Uint8Array {
  const json = text.encode(JSON.stringify(head));
  const bytes = new Uint8Array(headBytes + json.length + bulkBytes);
  const view = new DataView(bytes.buffer);
  bytes[0] = wireVersion;
  view.setUint32(1, json.length);
  bytes.set(json, headBytes);
  fill(bytes, view, headBytes + json.length);
  return bytes;
}

/** Throws WireError. The bytes of units and chunks are copies. */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  if (bytes.length < headBytes) throw new WireError('an envelope is too short');
  if (bytes[0] !== wireVersion) throw new WireError(`an envelope has version ${bytes[0]}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = headBytes + view.getUint32(1);
  if (start > bytes.length) throw new WireError('an envelope is cut');
  const head = parse(bytes.subarray(headBytes, start));
  must(isCount(head.shard) && isCount(head.epoch) && isText(head.from) && isText(head.fromIncarnation) && isText(head.to) && isText(head.toIncarnation) && isRecord(head.message), 'an envelope lacks a field');
  const { shard, epoch, from, fromIncarnation, to, toIncarnation } = head as unknown as Envelope;
  return { shard, epoch, from, fromIncarnation, to, toIncarnation, message: readMessage(head.message as Fields, bytes, view, start) };
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

function readMessage(m: Fields, bytes: Uint8Array, view: DataView, start: number): Message {
  const hasBulk = m.type === 'units' || m.type === 'snapshot-chunk';
  must(hasBulk || start === bytes.length, 'bytes follow the message');
  const known = Object.hasOwn(shapes, String(m.type)) ? shapes[m.type as Message['type']] : undefined;
  must(known?.(m) === true, `a message of type ${String(m.type)} is not well formed`);
  if (m.type === 'units') return { type: 'units', previous: m.previous as Position, commit: m.commit as number, shardMs: m.shardMs as number, units: readUnits(m, bytes, view, start) };
  if (m.type === 'snapshot-chunk') return { type: 'snapshot-chunk', snapshot: m.snapshot as number, index: m.index as number, bytes: bytes.slice(start) };
  return m as unknown as Message;
}

function readUnits(m: Fields, bytes: Uint8Array, view: DataView, start: number): readonly Unit[] {
  const units: Unit[] = [];
  let at = start;
  let seq = (m.previous as Position).seq;
  for (let i = 0; i < (m.count as number); i++) {
    must(at + unitHeadBytes <= bytes.length, 'units are cut');
    const length = view.getUint32(at + 8);
    const epoch = view.getFloat64(at);
    must(isCount(epoch) && at + unitHeadBytes + length <= bytes.length, 'units are cut');
    units.push({ epoch, seq: ++seq, bytes: bytes.slice(at + unitHeadBytes, at + unitHeadBytes + length) });
    at += unitHeadBytes + length;
  }
  must(at === bytes.length, 'bytes follow the units');
  return units;
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
const isConfig = (value: unknown): value is ShardConfig =>
  isRecord(value) && isText(value.resourceVersion) && isText(value.leaseUid) && isCount(value.epoch) && isCount(value.revision) && (value.primary === undefined || isText(value.primary)) &&
  Array.isArray(value.isr) && value.isr.length <= maxMembers && value.isr.every(isText) && isTexts(value.incarnations) && isTexts(value.podUids) && (value.witness === undefined || isText(value.witness)) && isText(value.nonce);

const shapes: Readonly<Record<Message['type'], (m: Fields) => boolean>> = {
  heartbeat: (m) => isCount(m.id) && isCount(m.commit) && isPosition(m.tail) && isTime(m.shardMs) && isCount(m.revision),
  'heartbeat-ack': (m) => isCount(m.id) && isPosition(m.last),
  units: (m) => isPosition(m.previous) && isCount(m.commit) && isTime(m.shardMs) && isCount(m.count),
  'units-ack': (m) => isPosition(m.last) && typeof m.gap === 'boolean',
  'new-epoch': (m) => isConfig(m.config) && isPosition(m.tail) && isLineage(m.lineage),
  'new-epoch-ack': (m) => isPosition(m.last),
  join: (m) => isPosition(m.last) && isText(m.podUid),
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
