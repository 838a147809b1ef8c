import { MeridianError } from '../errors/meridian-error.ts';
import { errorTable, type ErrorCode } from '../errors/table.ts';
import type { Ports, TimerHandle } from '../ports/ports.ts';
import { busProtocol, readUint32, type Bulk, type Frame } from './frame.ts';
import { encodeJson } from './greeting.ts';
import type { PeerIdentity } from './identity.ts';
import { firstSessionFrameType } from './link.ts';

/**
 * Requests, replies and one-way messages over an open session. Either end may ask. Session frames:
 *
 *   16 request   id u32 │ method length u8 │ method │ JSON body        17 reply   id u32 │ JSON body
 *   18 failure   id u32 │ JSON {code, details}                         32…255 message, the payload is its owner's
 */
const requestType = firstSessionFrameType;
const replyType = 17;
const failureType = 18;
const firstMessageType = 32;

/** A session as the shell offers it (shared/io/bus-tcp.ts, or the simulator). */
export interface SessionWire {
  readonly peer: PeerIdentity;
  /** Agreed in the handshake (versions.ts). */
  readonly version: number;
  send(frameType: number, payload: Uint8Array, bulk?: Bulk): void;
  /** Bytes handed to `send` that the network has not taken yet. */
  bufferedBytes(): number;
  close(): void;
}

export interface ChannelHandler {
  /** Answers a request; a rejected promise with a MeridianError is shown to the asker by its code. */
  request(method: string, body: unknown, from: PeerIdentity): Promise<unknown>;
  message?(type: number, payload: Uint8Array, from: PeerIdentity): void;
  /** `request` failed by a fault of the program, which the asker is told as INTERNAL: for the log. */
  fault?(method: string, error: unknown): void;
}

export interface ChannelLimits {
  readonly requestTimeoutMs: number;
  /** Requests of ours that wait for a reply; one more fails with BUS_BUSY. */
  readonly maxInFlight: number;
  /** Requests of the peer that are being answered; one more is answered with BUS_BUSY. */
  readonly maxServed: number;
}

export const channelDefaults: ChannelLimits = { requestTimeoutMs: 2_000, maxInFlight: 256, maxServed: 64 };

interface Waiting {
  readonly resolve: (body: unknown) => void;
  readonly reject: (error: MeridianError) => void;
  readonly timer: TimerHandle;
}

export interface Channel {
  readonly peer: PeerIdentity;
  /** What may be said here: nothing that is newer (versions.ts). */
  readonly version: number;
  /** Rejects with the peer's MeridianError, BUS_TIMEOUT, BUS_BUSY or BUS_CLOSED. */
  request(method: string, body: unknown, timeoutMs?: number): Promise<unknown>;
  /** One way; `type` is at least 32. */
  post(type: number, payload: Uint8Array, bulk?: Bulk): void;
  bufferedBytes(): number;
  readonly closed: boolean;
  close(): void;
  /** For the shell: a session frame has come. Throws BUS_PROTOCOL when it makes no sense. */
  take(frame: Frame): void;
  /** For the shell: the session is over. */
  end(error: MeridianError): void;
}

export function openChannel(ports: Ports, wire: SessionWire, handler: ChannelHandler, limits: ChannelLimits = channelDefaults): Channel {
  const waiting = new Map<number, Waiting>();
  let nextId = 1;
  let served = 0;
  let closed = false;

  function request(method: string, body: unknown, timeoutMs = limits.requestTimeoutMs): Promise<unknown> {
    if (closed) return Promise.reject(new MeridianError('BUS_CLOSED', { peer: wire.peer.pod }));
    if (waiting.size >= limits.maxInFlight) return Promise.reject(new MeridianError('BUS_BUSY', { peer: wire.peer.pod }));
    const id = nextId;
    nextId = (nextId + 1) >>> 0;
    return new Promise((resolve, reject) => {
      const expire = (): void => {
        waiting.delete(id);
        reject(new MeridianError('BUS_TIMEOUT', { peer: wire.peer.pod, method, limitMs: timeoutMs }));
      };
      waiting.set(id, { resolve, reject, timer: ports.timers.after(timeoutMs, expire, { keepAlive: false }) });
      wire.send(requestType, encodeRequest(id, method, body));
    });
  }

  function settle(id: number): Waiting | undefined {
    const found = waiting.get(id);
    waiting.delete(id);
    ports.timers.cancel(found?.timer);
    return found;
  }

  async function serve({ id, method, body }: ReturnType<typeof decodeRequest>): Promise<void> {
    served++;
    try {
      if (served > limits.maxServed) throw new MeridianError('BUS_BUSY', { peer: wire.peer.pod });
      const answer = await handler.request(method, body, wire.peer);
      if (!closed) wire.send(replyType, encodeWithId(id, answer ?? null));
    } catch (error) {
      if (!(error instanceof MeridianError)) handler.fault?.(method, error);
      const shown = error instanceof MeridianError ? error : new MeridianError('INTERNAL', { reference: method });
      if (!closed) wire.send(failureType, encodeWithId(id, { code: shown.code, details: shown.details }));
    } finally {
      served--;
    }
  }

  function take({ type, payload }: Frame): void {
    if (type >= firstMessageType) {
      if (handler.message === undefined) throw busProtocol(`message of type ${type} where none is expected`);
      handler.message(type, payload, wire.peer);
    } else if (type === requestType) {
      if (payload.length < 5) throw busProtocol('request is too short');
      // `serve` answers its own failures; what cannot be decoded is thrown here.
      void serve(decodeRequest(payload));
    } else if (type === replyType) {
      settle(idOf(payload))?.resolve(parseBody(payload.subarray(4)));
    } else if (type === failureType) {
      settle(idOf(payload))?.reject(failureOf(parseBody(payload.subarray(4))));
    } else {
      throw busProtocol(`session frame of type ${type}`);
    }
  }

  function end(error: MeridianError): void {
    if (closed) return;
    closed = true;
    for (const id of waiting.keys()) settle(id)?.reject(error);
  }

  return {
    peer: wire.peer,
    version: wire.version,
    request,
    post: (type, payload, bulk) => wire.send(type, payload, bulk),
    bufferedBytes: () => wire.bufferedBytes(),
    get closed() {
      return closed;
    },
    close() {
      end(new MeridianError('BUS_CLOSED', { peer: wire.peer.pod }));
      wire.close();
    },
    take,
    end,
  };
}

function encodeWithId(id: number, body: unknown): Uint8Array {
  const json = encodeJson(body);
  const payload = new Uint8Array(4 + json.length);
  new DataView(payload.buffer).setUint32(0, id);
  payload.set(json, 4);
  return payload;
}

function encodeRequest(id: number, method: string, body: unknown): Uint8Array {
  const name = new TextEncoder().encode(method);
  const json = encodeJson(body ?? null);
  const payload = new Uint8Array(5 + name.length + json.length);
  new DataView(payload.buffer).setUint32(0, id);
  payload[4] = name.length;
  payload.set(name, 5);
  payload.set(json, 5 + name.length);
  return payload;
}

function decodeRequest(payload: Uint8Array): { readonly id: number; readonly method: string; readonly body: unknown } {
  const bodyAt = 5 + payload[4];
  return { id: idOf(payload), method: new TextDecoder().decode(payload.subarray(5, bodyAt)), body: parseBody(payload.subarray(bodyAt)) };
}

function idOf(payload: Uint8Array): number {
  if (payload.length < 4) throw busProtocol('reply is too short');
  return readUint32(payload, 0);
}

function parseBody(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw busProtocol('body is not JSON');
  }
}

function failureOf(body: unknown): MeridianError {
  const { code, details } = (body ?? {}) as { code?: unknown; details?: Record<string, string | number> };
  return typeof code === 'string' && Object.hasOwn(errorTable, code) ? new MeridianError(code as ErrorCode, details ?? {}) : busProtocol(`failed for a reason that this version does not know (${typeof code === 'string' ? code.slice(0, 64) : 'no code'})`);
}
