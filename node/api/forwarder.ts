import type { Channel } from '../../shared/bus/channel.ts';
import { busProtocol, readUint32 } from '../../shared/bus/frame.ts';
import type { PeerIdentity } from '../../shared/bus/identity.ts';
import { MeridianError } from '../../shared/errors/meridian-error.ts';
import { errorTable, type ErrorCode } from '../../shared/errors/table.ts';
import type { Ports, TimerHandle } from '../../shared/ports/ports.ts';
import type { MemberRecord } from '../topology/member.ts';

/**
 * Requests to other nodes of the region, over the bus. Both kinds of message travel in parts, for values are larger than a frame:
 *
 *   33 forward   id u32 │ flags u8 │ first part: kind u8, count u16, wait u16, user length u8, user │ bytes
 *   34 answer    id u32 │ flags u8 │ bytes (flag `failed`: the code of an error)
 */
export const forwardMessage = 33;
export const answerMessage = 34;
const flag = { first: 1, last: 2, failed: 4 } as const;
const headBytes = 5;
const partBytes = 256 * 1024;

/** What is asked of another node: commands in RESP, or a question that this API asks of the node itself, as JSON. */
export const forwardKind = { commands: 0, question: 1 } as const;
export type ForwardKind = (typeof forwardKind)[keyof typeof forwardKind];

export interface Forward {
  readonly kind: ForwardKind;
  /** In whose name. */
  readonly user: string;
  /** Replies that the commands give. */
  readonly count: number;
  readonly bytes: Buffer;
  /** Milliseconds that the commands themselves may wait, at most 65,535: so much later is the answer due. */
  readonly waitMs?: number;
}

export interface ForwarderOptions {
  readonly ports: Ports;
  readonly connect: (record: MemberRecord) => Promise<Channel>;
  readonly channelTo: (record: MemberRecord) => Channel | undefined;
  /** Answers what other nodes ask; a MeridianError is passed on by its code. */
  readonly serve: (forward: Forward) => Buffer | Promise<Buffer>;
  readonly limits?: Partial<ForwardLimits>;
}

export interface ForwardLimits {
  readonly answerMs: number;
  /** Requests of ours that wait; one more is refused. */
  readonly mostWaiting: number;
  /** Bytes of requests that are still being received, over all peers. */
  readonly mostReceivedBytes: number;
}

const defaultLimits: ForwardLimits = { answerMs: 5_000, mostWaiting: 4_096, mostReceivedBytes: 128 * 1024 * 1024 };

interface Waiting {
  readonly pod: string;
  readonly parts: Buffer[];
  readonly timer: TimerHandle;
  readonly resolve: (bytes: Buffer) => void;
  readonly reject: (error: MeridianError) => void;
}

interface Receiving {
  readonly kind: ForwardKind;
  readonly user: string;
  readonly count: number;
  readonly waitMs: number;
  readonly parts: Buffer[];
  bytes: number;
}

export interface Forwarder {
  /** Rejects with BUS_TIMEOUT, BUS_BUSY, BUS_CLOSED, BUS_UNREACHABLE, or what the other node refused it with. */
  ask(record: MemberRecord, forward: Forward): Promise<Buffer>;
  /** A message of one of the two types has come. Throws BUS_PROTOCOL. */
  message(type: number, payload: Uint8Array, channel: ReplyTo): void;
  disconnected(pod: string): void;
}

/** Where an answer goes. */
export interface ReplyTo {
  readonly peer: PeerIdentity;
  post(type: number, payload: Uint8Array): void;
}

export function createForwarder(options: ForwarderOptions): Forwarder {
  const { ports } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const waiting = new Map<number, Waiting>();
  const receiving = new Map<string, Receiving>();
  let receivedBytes = 0;
  let nextId = 1;

  function settle(id: number): Waiting | undefined {
    const found = waiting.get(id);
    waiting.delete(id);
    ports.timers.cancel(found?.timer);
    return found;
  }

  async function ask(record: MemberRecord, { kind, user, count, bytes, waitMs = 0 }: Forward): Promise<Buffer> {
    if (waiting.size >= limits.mostWaiting) throw new MeridianError('BUS_BUSY', { peer: record.pod });
    const channel = options.channelTo(record) ?? (await options.connect(record));
    const id = nextId;
    nextId = (nextId + 1) >>> 0;
    const limitMs = limits.answerMs + waitMs;
    return new Promise<Buffer>((resolve, reject) => {
      const expire = (): void => settle(id)?.reject(new MeridianError('BUS_TIMEOUT', { peer: record.pod, method: 'a forwarded request', limitMs }));
      waiting.set(id, { pod: record.pod, parts: [], timer: ports.timers.after(limitMs, expire, { keepAlive: false }), resolve, reject });
      const name = Buffer.from(user);
      sendParts(channel, forwardMessage, id, Buffer.concat([Buffer.from([kind, count >> 8, count & 0xff, waitMs >> 8, waitMs & 0xff, name.length]), name]), bytes, 0);
    });
  }

  function takeAnswer(id: number, flags: number, payload: Uint8Array, from: PeerIdentity): void {
    const found = waiting.get(id);
    if (found === undefined || found.pod !== from.pod) return;
    found.parts.push(Buffer.from(payload.subarray(headBytes)));
    if ((flags & flag.last) === 0) return;
    settle(id);
    const bytes = found.parts.length === 1 ? found.parts[0] : Buffer.concat(found.parts);
    if ((flags & flag.failed) === 0) found.resolve(bytes);
    else found.reject(failureOf(bytes.toString('latin1'), found.pod));
  }

  function takeForward(id: number, flags: number, payload: Uint8Array, from: ReplyTo): void {
    const key = `${from.peer.pod} ${id}`;
    let found = receiving.get(key);
    let bodyAt = headBytes;
    if ((flags & flag.first) !== 0) {
      if (payload.length < headBytes + 6) throw busProtocol('a forwarded request is too short');
      const userLength = payload[headBytes + 5];
      bodyAt = headBytes + 6 + userLength;
      found = { kind: payload[headBytes] as ForwardKind, count: (payload[headBytes + 1] << 8) | payload[headBytes + 2], waitMs: (payload[headBytes + 3] << 8) | payload[headBytes + 4], user: Buffer.from(payload.subarray(headBytes + 6, bodyAt)).toString(), parts: [], bytes: 0 };
    }
    // A part of what was refused at its beginning.
    if (found === undefined) return;
    const part = Buffer.from(payload.subarray(bodyAt));
    found.parts.push(part);
    found.bytes += part.length;
    if ((flags & flag.last) === 0) return keepReceiving(key, id, found, part.length, from);
    if (receiving.delete(key)) receivedBytes -= found.bytes - part.length;
    void serve(id, { kind: found.kind, user: found.user, count: found.count, waitMs: found.waitMs, bytes: found.parts.length === 1 ? part : Buffer.concat(found.parts) }, from);
  }

  function keepReceiving(key: string, id: number, found: Receiving, added: number, from: ReplyTo): void {
    receivedBytes += added;
    if (receivedBytes <= limits.mostReceivedBytes) {
      receiving.set(key, found);
      return;
    }
    receivedBytes -= found.bytes;
    receiving.delete(key);
    sendParts(from, answerMessage, id, empty, Buffer.from('BUS_BUSY'), flag.failed);
  }

  async function serve(id: number, forward: Forward, from: ReplyTo): Promise<void> {
    try {
      const answered = options.serve(forward);
      sendParts(from, answerMessage, id, empty, answered instanceof Promise ? await answered : answered, 0);
    } catch (error) {
      sendParts(from, answerMessage, id, empty, Buffer.from(error instanceof MeridianError ? error.code : 'INTERNAL'), flag.failed);
    }
  }

  return {
    ask,
    message(type, payload, from) {
      if (payload.length < headBytes) throw busProtocol('a forwarded message is too short');
      const id = readUint32(payload, 0);
      if (type === answerMessage) takeAnswer(id, payload[4], payload, from.peer);
      else takeForward(id, payload[4], payload, from);
    },
    disconnected(pod) {
      for (const [id, one] of waiting) if (one.pod === pod) settle(id)?.reject(new MeridianError('BUS_CLOSED', { peer: pod }));
      for (const [key, one] of receiving) {
        if (!key.startsWith(`${pod} `)) continue;
        receivedBytes -= one.bytes;
        receiving.delete(key);
      }
    },
  };
}

const empty = Buffer.alloc(0);

function sendParts(to: { post(type: number, payload: Uint8Array): void }, type: number, id: number, head: Buffer, bytes: Buffer, flags: number): void {
  for (let at = 0, first = flag.first as number; ; first = 0) {
    const end = Math.min(bytes.length, at + partBytes);
    const lead = first === 0 ? 0 : head.length;
    const payload = Buffer.allocUnsafe(headBytes + lead + end - at);
    payload.writeUInt32BE(id, 0);
    payload[4] = flags | first | (end === bytes.length ? flag.last : 0);
    if (lead > 0) payload.set(head, headBytes);
    payload.set(bytes.subarray(at, end), headBytes + lead);
    to.post(type, payload);
    if (end === bytes.length) return;
    at = end;
  }
}

function failureOf(code: string, pod: string): MeridianError {
  const known = Object.hasOwn(errorTable, code) ? (code as ErrorCode) : 'INTERNAL';
  return new MeridianError(known, { peer: pod, reference: pod, limitMs: defaultLimits.answerMs });
}
