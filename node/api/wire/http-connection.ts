import type { IoConnection, IoHandler } from '../../io/backend.ts';
import type { Tenant } from '../../tenants/tenant.ts';
import type { Headers } from '../answer.ts';
import type { AnswerWriter } from './answer-writer.ts';
import { FrameworkStream, type FrameworkPeer } from './framework-stream.ts';
import type { RequestHead } from './request-head.ts';
import type { Turns, Waiting } from './turns.ts';

/** What all connections of the HTTP port share. */
export interface HttpWire {
  readonly head: RequestHead;
  readonly turns: Turns;
  readonly writer: AnswerWriter;
  nowMs(): number;
  /** Answers a direct request, now or later, exactly once; what is needed of `head` has to be read at once. Undefined: it is one for the complete parser. */
  direct(connection: HttpConnection, head: RequestHead): true | undefined;
  /** Gives a stream to the complete parser, which calls `answered` after each request. */
  serve(stream: FrameworkStream): void;
  /** So many bytes more are held for a client. */
  grown(bytes: number): void;
  closed(connection: HttpConnection): void;
}

/** Output that the client has not taken, above which its requests are not run. */
const mostUnsentBytes = 1024 * 1024;
/** Input that waits, above which nothing more is read. */
const mostHeldBytes = 128 * 1024;
/** A request in so many pieces is one for the complete parser. */
const mostLooks = 64;
/** An answer from which on it is told what it takes. */
const largeBytes = 64 * 1024;
const nothing: Buffer = Buffer.alloc(0);

/**
 * One connection of the HTTP port. Requests run one after the other, so that answers are in order: direct ones here, the others in the complete parser, which is given exactly their bytes; once that has been
 * given something whose end is not known it has the connection for good.
 */
export class HttpConnection implements IoHandler, Waiting, FrameworkPeer {
  readonly io: IoConnection;
  /** Namespace of its last request (admission). */
  tenant: Tenant | undefined;
  /** When the request that is not whole yet began to arrive; 0: there is none. */
  arrivingSinceMs = 0;
  /** Of that the head is there. */
  headArrived = false;
  lastActiveMs: number;
  closed = false;
  /** `Accept-Encoding` of the request that runs. */
  acceptEncoding: string | undefined;
  readonly #wire: HttpWire;
  #held = nothing;
  #heldStart = 0;
  /** Looks at a request that was not whole. */
  #looks = 0;
  /** A request runs. */
  #busy = false;
  #running = false;
  #queued = false;
  #paused = false;
  #closing = false;
  /** The client sends nothing more. */
  #heardAll = false;
  #stream: FrameworkStream | undefined;
  /** It takes nothing more for now. */
  #streamFull = false;
  /** Requests wait in it. */
  #crowded = false;
  /** The complete parser has the connection for good. */
  #foreign = false;
  /** Requests in the complete parser that have begun. */
  #inFramework = 0;
  /** Bytes of the running request that are still to come. */
  #left = 0;
  /** It has been answered all the same. */
  #isAnswered = false;
  /** Bytes of requests in the complete parser, which keeps them until it has answered. */
  #given = 0;
  #abandoned = false;
  /** Output that the client has not taken, and since when it is so much. */
  #unsentBytes = 0;
  #unsentSinceMs = 0;

  constructor(io: IoConnection, wire: HttpWire) {
    this.io = io;
    this.#wire = wire;
    this.lastActiveMs = wire.nowMs();
  }

  /** Nothing runs and nothing waits. */
  get idle(): boolean {
    return this.#inFramework === 0 && this.#held.length === 0 && !this.#queued && (this.#foreign || !this.#busy);
  }

  onData(buffer: Buffer, start: number, end: number): void {
    this.lastActiveMs = this.#wire.nowMs();
    if (this.#foreign) return this.#give(Buffer.from(buffer.subarray(start, end)));
    let at = start;
    if (this.#left > 0) {
      at = Math.min(end, start + this.#left);
      this.#left -= at - start;
      this.#give(Buffer.from(buffer.subarray(start, at)));
      if (this.#left === 0 && this.#isAnswered) this.#busy = false;
      if (at === end) return this.#goOn();
    }
    if (this.#held.length > 0 || this.#busy || this.#queued) {
      this.#hold(buffer, at, end);
      if (!this.#busy && !this.#queued) this.#goOn();
      return;
    }
    this.#consume(buffer, at, end);
  }

  onEnd(): boolean {
    this.#heardAll = true;
    this.#tellEnd();
    this.#settle();
    return true;
  }

  onDrain(): void {
    this.#stream?.drained();
    this.#goOn();
  }

  onClose(): void {
    this.closed = true;
    this.#held = nothing;
    this.#stream?.destroy();
    this.#wire.closed(this);
  }

  runOne(): boolean {
    this.#queued = false;
    if (this.closed || this.#busy || this.#held.length === 0 || this.#isFull) return false;
    this.#running = true;
    this.#next(this.#held, this.#heldStart, this.#held.length);
    this.#running = false;
    this.#wire.writer.flush(this.io);
    this.#queued = !this.#busy && this.#held.length > 0 && this.arrivingSinceMs === 0 && !this.#closing && !this.#isFull;
    if (!this.#queued) this.#settle();
    return this.#queued;
  }

  /** The answer of the request that runs; returns its length. */
  send(status: number, headers: Headers, traceId: string, body: string | Buffer): number {
    this.#busy = false;
    if (this.closed) return 0;
    const { writer } = this.#wire;
    const length = writer.add(this.io, status, this.#closing ? { ...headers, connection: 'close' } : headers, traceId, body);
    if (length >= largeBytes) this.#wire.grown(length);
    if (this.#running) return length;
    writer.flush(this.io);
    this.#goOn();
    return length;
  }

  /** Says something that is no answer to a request, and closes. */
  fault(status: number, headers: Headers, traceId: string, body: string): void {
    this.#busy = true;
    this.arrivingSinceMs = 0;
    this.#wire.writer.add(this.io, status, { ...headers, connection: 'close' }, traceId, body);
    this.#wire.writer.flush(this.io);
    this.io.end();
  }

  /** The complete parser has begun with a request. */
  frameworkBegins(): void {
    this.#inFramework++;
    this.#isAnswered = false;
    this.arrivingSinceMs = 0;
  }

  /** It has answered it. */
  frameworkAnswered(): void {
    this.#inFramework--;
    this.#isAnswered = true;
    if (this.#inFramework === 0) this.#given = 0;
    this.lastActiveMs = this.#wire.nowMs();
    if (this.#foreign) return this.#settle();
    if (this.#left > 0) return;
    this.#busy = false;
    this.#goOn();
  }

  takesMore(): void {
    if (!this.#streamFull) return;
    this.#streamFull = false;
    this.#readOrNot();
  }

  crowded(isCrowded: boolean): void {
    if (this.#crowded === isCrowded) return;
    this.#crowded = isCrowded;
    this.#readOrNot();
  }

  ended(): void {
    if (!this.closed) this.io.end();
  }

  /** Whether the client has taken nothing of what waits for it for so long; to be asked again and again. */
  takesNothing(nowMs: number, forMs: number): boolean {
    const { pendingBytes } = this.io;
    if (pendingBytes !== this.#unsentBytes) {
      this.#unsentBytes = pendingBytes;
      this.#unsentSinceMs = nowMs;
    }
    return pendingBytes > 0 && nowMs - this.#unsentSinceMs > forMs;
  }

  /** About what it has in memory: input that waits, requests that are not answered yet, answers that the client has not taken. */
  get bufferBytes(): number {
    if (this.#abandoned) return 0;
    return this.#held.length + this.#given + Math.max(this.io.heldBytes ?? this.io.pendingBytes, this.#stream?.writableLength ?? 0);
  }

  /** Closes at once, whatever is under way. */
  abandon(): void {
    this.#abandoned = true;
    this.#closing = true;
    this.io.destroy();
  }

  /** Takes no new request; what runs is answered. */
  close(): void {
    this.#closing = true;
    this.#settle();
  }

  #goOn(): void {
    if (this.closed || this.#busy || this.#queued || this.#foreign) return;
    if (this.#held.length === 0) return this.#settle();
    const bytes = this.#held;
    const start = this.#heldStart;
    this.#held = nothing;
    this.#consume(bytes, start, bytes.length, true);
  }

  /** Runs the requests in buffer[start, end) as far as this turn has room for them; keeps the rest, without a copy where the buffer is ours. */
  #consume(buffer: Buffer, start: number, end: number, own = false): void {
    const { turns, writer } = this.#wire;
    let at = start;
    this.#running = true;
    while (at < end && !this.#busy && !this.closed && !this.#closing && !this.#isFull) {
      if (!turns.take()) {
        this.#queued = true;
        break;
      }
      const next = this.#one(buffer, at, end);
      if (next === at) break;
      at = next;
    }
    this.#running = false;
    writer.flush(this.io);
    if (at < end) {
      this.#held = own ? buffer : Buffer.from(buffer.subarray(at, end));
      this.#heldStart = own ? at : 0;
    }
    if (this.#queued) turns.later(this);
    else this.#settle();
  }

  /** One request of what is held. */
  #next(bytes: Buffer, start: number, end: number): void {
    const at = this.#one(bytes, start, end);
    if (at < end) this.#heldStart = at;
    else this.#held = nothing;
  }

  /** Takes the request at `start`; returns where it ended, `start` when it is not all there. */
  #one(buffer: Buffer, start: number, end: number): number {
    const { head } = this.#wire;
    const kind = head.parse(buffer, start, end);
    switch (kind) {
      case 'incomplete':
        if (this.arrivingSinceMs === 0) this.arrivingSinceMs = this.#wire.nowMs();
        this.headArrived = head.isHeadWhole;
        // Every look begins at the first byte; the complete parser takes up where it was.
        if (++this.#looks > mostLooks) return this.#leave(buffer, start, end);
        return start;
      case 'direct': {
        this.arrivingSinceMs = 0;
        this.#looks = 0;
        this.#busy = true;
        const behind = head.end;
        this.acceptEncoding = head.header('accept-encoding');
        if (this.#wire.direct(this, head) === undefined) this.#toFramework(Buffer.from(buffer.subarray(start, behind)));
        return behind;
      }
      case 'whole':
      case 'large': {
        const behind = Math.min(head.end, end);
        this.#busy = true;
        this.#left = head.end - behind;
        this.#toFramework(Buffer.from(buffer.subarray(start, behind)));
        return behind;
      }
      case 'foreign':
        return this.#leave(buffer, start, end);
    }
  }

  /** The complete parser has the connection from here on. */
  #leave(buffer: Buffer, start: number, end: number): number {
    this.#busy = true;
    this.#foreign = true;
    this.#toFramework(Buffer.from(buffer.subarray(start, end)));
    return end;
  }

  #toFramework(bytes: Buffer): void {
    this.arrivingSinceMs = 0;
    this.#looks = 0;
    this.#isAnswered = false;
    // Answers that wait to be sent are of requests before this one.
    this.#wire.writer.flush(this.io);
    if (this.#stream === undefined) {
      this.#stream = new FrameworkStream(this);
      this.#wire.serve(this.#stream);
    }
    this.#give(bytes);
    this.#tellEnd();
  }

  /** The complete parser knows itself whether something is missing, and closes behind its last answer. */
  #tellEnd(): void {
    if (this.#heardAll && (this.#foreign || this.#left > 0)) this.#stream?.finish();
  }

  /** Answers wait for the client to take them: the whole buffers count, for the last byte of one keeps all of it. */
  get #isFull(): boolean {
    return (this.io.heldBytes ?? this.io.pendingBytes) > mostUnsentBytes;
  }

  #give(bytes: Buffer): void {
    // What comes after the answer is thrown away.
    if (!this.#isAnswered) {
      this.#given += bytes.length;
      this.#wire.grown(bytes.length);
    }
    if (this.#stream?.give(bytes) !== false || this.#streamFull) return;
    this.#streamFull = true;
    this.#readOrNot();
  }

  #readOrNot(): void {
    if (this.closed) return;
    if (this.#paused || this.#streamFull || this.#crowded) this.io.pauseReading();
    else if (!this.#heardAll) this.io.resumeReading();
  }

  #hold(buffer: Buffer, start: number, end: number): void {
    const more = buffer.subarray(start, end);
    this.#held = this.#held.length === 0 ? Buffer.from(more) : Buffer.concat([this.#held.subarray(this.#heldStart), more]);
    this.#heldStart = 0;
    if (this.#held.length > mostHeldBytes && !this.#paused) {
      this.#paused = true;
      this.#readOrNot();
    }
  }

  #settle(): void {
    if (this.closed) return;
    if (this.#paused && this.#held.length - this.#heldStart <= mostHeldBytes) {
      this.#paused = false;
      this.#readOrNot();
    }
    // What is still held is no whole request.
    const isOver = this.#closing || (this.#heardAll && !this.#foreign && this.#left === 0 && !this.#isFull);
    if (isOver && this.#inFramework === 0 && !this.#queued && (this.#foreign || !this.#busy)) this.io.end();
  }
}
