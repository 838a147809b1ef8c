import type { Session } from './ledger.ts';
import type { MapMove } from './map-change.ts';
import type { MoveEnvelope, MoveMessage } from './messages.ts';

/**
 * Messages about moves on the bus:
 *
 *   version u8 │ head length u32 │ head: JSON of the envelope without a chunk's bytes │ bytes of the chunk
 */
const wireVersion = 1;
const headBytes = 5;

class MoveWireError extends Error {}

const text = new TextEncoder();
const strictText = new TextDecoder('utf-8', { fatal: true });

export function encodeMove({ fromShard, toShard, message }: MoveEnvelope): Uint8Array {
  const bulk = message.type === 'chunk' ? message.bytes : undefined;
  const head = text.encode(JSON.stringify({ fromShard, toShard, message: bulk === undefined ? message : { ...message, bytes: undefined } }));
  const bytes = new Uint8Array(headBytes + head.length + (bulk?.length ?? 0));
  bytes[0] = wireVersion;
  new DataView(bytes.buffer).setUint32(1, head.length);
  bytes.set(head, headBytes);
  if (bulk !== undefined) bytes.set(bulk, headBytes + head.length);
  return bytes;
}

/** Throws MoveWireError. A chunk's bytes are a copy. */
export function decodeMove(bytes: Uint8Array): MoveEnvelope {
  if (bytes.length < headBytes || bytes[0] !== wireVersion) throw new MoveWireError('no message about moves of this version');
  const end = headBytes + new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
  if (end > bytes.length) throw new MoveWireError('a message about moves is cut');
  const head = parse(bytes.subarray(headBytes, end));
  const message = isRecord(head.message) ? head.message : {};
  const shape = Object.hasOwn(shapes, String(message.type)) ? shapes[message.type as MoveMessage['type']] : undefined;
  if (!isCount(head.fromShard) || !isCount(head.toShard) || shape?.(message) !== true) throw new MoveWireError(`a message about moves of type ${String(message.type)} is not well formed`);
  if (message.type !== 'chunk' && end !== bytes.length) throw new MoveWireError('bytes follow a message about moves');
  return { fromShard: head.fromShard, toShard: head.toShard, message: (message.type === 'chunk' ? { ...message, bytes: bytes.slice(end) } : message) as unknown as MoveMessage };
}

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

const shapes: Readonly<Record<MoveMessage['type'], (m: Fields) => boolean>> = {
  open: (m) => isMove(m.move) && isSession(m.session),
  ready: named,
  refuse: (m) => named(m) && (m.reason === 'busy' || m.reason === 'full'),
  chunk: (m) => named(m) && isCount(m.index) && isCount(m.acked) && typeof m.final === 'boolean',
  taken: (m) => named(m) && isCount(m.next),
  lost: named,
  release: (m) => isMove(m.move) && isCount(m.generation) && (m.session === undefined || isSession(m.session)),
  opened: (m) => isId(m.id),
  abandon: named,
  still: named,
};
