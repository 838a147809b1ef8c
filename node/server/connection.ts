import type { IoConnection, IoHandler } from '../io/backend.ts';
import { freeNow } from '../io/free-now.ts';
import { ClientSession, type ClientOutput } from './client-session.ts';
import type { PartialCommand } from './request-parser.ts';
import type { ServerLoop } from './server-loop.ts';

/** Remainders up to this size are parsed again from their beginning with the next read; larger ones get a buffer of their own and go on where they stopped. */
const maxReparsedBytes = 16 * 1024;
/** First size of the buffer for a large command; it doubles with what really arrives. */
const largeCommandBytes = 64 * 1024;
/** From so many bytes on that have arrived, a command gets all that it announces, and is refused where the node has no room for that: pages that are not written take no memory. */
const leapBytes = 8 * 1024 * 1024;
const laterGrowthBytes = 16 * 1024 * 1024;

/** A command too large for the arena, being received. */
interface LargeCommand {
  buffer: Buffer;
  filled: number;
  readonly partial: PartialCommand;
}

/** One client: takes bytes in, hands commands to the server's loop, and holds what cannot be run or sent yet. */
export class Connection implements IoHandler, ClientOutput {
  readonly io: IoConnection;
  readonly session: ClientSession;
  readonly #loop: ServerLoop;
  /** Bytes of an incomplete command, or of commands that have to wait while held. */
  #waiting: Buffer | undefined;
  #large: LargeCommand | undefined;
  /** Pushes from outside of its own turn. */
  outbox: Uint8Array[] = [];
  outboxBytes = 0;
  /** Replies that wait for copies (held-replies.ts). */
  heldBytes = 0;
  #holds = 0;
  /** Reading is paused because the client does not take its replies. */
  throttled = false;
  overSoftLimitSinceMs = 0;
  /** Since when a throttled client has taken nothing, and what was pending then. */
  stalledSinceMs = 0;
  stalledAtBytes = 0;
  closed = false;

  constructor(io: IoConnection, loop: ServerLoop, id: number, nowMs: number) {
    this.io = io;
    this.#loop = loop;
    this.session = new ClientSession({ id, address: io.remoteAddress, localAddress: io.localAddress, createdAtMs: nowMs, output: this, fd: io.fd });
  }

  get held(): boolean {
    return this.#holds > 0;
  }

  get pendingBytes(): number {
    return this.io.pendingBytes + this.outboxBytes + this.heldBytes;
  }

  /** Bytes of the read that is being worked on. */
  turnBytes = 0;

  get inputBytes(): number {
    return this.turnBytes + (this.#waiting?.length ?? 0) + (this.#large?.filled ?? 0);
  }

  /** Memory that this client's buffers take beside the fixed cost of a connection. */
  get bufferBytes(): number {
    return (this.#waiting?.length ?? 0) + (this.#large === undefined ? 0 : Math.min(this.#large.buffer.length, Math.max(2 * leapBytes, this.#large.filled))) + (this.session.transaction?.queuedBytes ?? 0) + (this.io.heldBytes ?? this.io.pendingBytes) + this.outboxBytes + this.heldBytes;
  }

  onData(buffer: Buffer, start: number, end: number): void {
    if (this.closed || this.session.closing) return;
    this.#loop.beginTurn(this, end - start);
    if (this.held) this.#keepWaiting(buffer, start, end);
    else this.#take(buffer, start, end);
    this.#loop.endTurn(this);
  }

  #take(buffer: Buffer, start: number, end: number): void {
    if (this.#large !== undefined) return this.#takeLarge(this.#large, buffer, start, end);
    const waiting = this.#waiting;
    if (waiting === undefined) return this.#consume(buffer, start, end);
    this.#waiting = undefined;
    if (waiting.length <= start) {
      buffer.set(waiting, start - waiting.length);
      return this.#consume(buffer, start - waiting.length, end);
    }
    const joined = Buffer.concat([waiting, buffer.subarray(start, end)]);
    this.#consume(joined, 0, joined.length);
  }

  /** Runs what is complete in buffer[start, end) and keeps the rest. */
  #consume(buffer: Buffer, start: number, end: number): void {
    const stopped = this.#loop.run(this, buffer, start, end);
    if (stopped >= end || this.session.closing || this.closed) return;
    const partial = this.#loop.parser.partial;
    const rest = end - stopped;
    if (!this.held && !this.#loop.interrupted && (rest > maxReparsedBytes || partial.needed > maxReparsedBytes) && partial.argc > 0) {
      this.#large = this.#startLarge(buffer.subarray(stopped, end), stopped, partial);
      return;
    }
    this.#keepWaiting(buffer, stopped, end);
  }

  #keepWaiting(buffer: Buffer, start: number, end: number): void {
    if (start >= end) return;
    const bytes = buffer.subarray(start, end);
    this.#waiting = this.#waiting === undefined ? Buffer.from(bytes) : Buffer.concat([this.#waiting, bytes]);
    if (this.held && this.#waiting.length > largeCommandBytes) this.io.pauseReading();
  }

  #startLarge(bytes: Buffer, base: number, partial: PartialCommand): LargeCommand {
    const { argc, done, at, needed } = partial;
    const start = partial.start.slice(0, Math.max(done, 1));
    for (let i = 0; i < done; i++) start[i] -= base;
    const large: LargeCommand = { buffer: Buffer.allocUnsafeSlow(roomFor(bytes.length, needed)), filled: bytes.length, partial: { argc, done, at, needed, start, length: partial.length.slice(0, Math.max(done, 1)) } };
    large.buffer.set(bytes);
    return large;
  }

  #takeLarge(large: LargeCommand, buffer: Buffer, start: number, end: number): void {
    const total = large.filled + end - start;
    if (total > large.buffer.length) {
      const bytes = grownSize(large, total);
      if (total > leapBytes && !this.#loop.hasRoom(bytes - large.buffer.length)) return this.#loop.evict(this);
      const larger = Buffer.allocUnsafeSlow(bytes);
      larger.set(large.buffer.subarray(0, large.filled));
      freeNow(large.buffer);
      large.buffer = larger;
    }
    large.buffer.set(buffer.subarray(start, end), large.filled);
    large.filled = total;
    if (total < large.partial.needed) return;
    this.#large = undefined;
    const { parser } = this.#loop;
    const behind = parser.resume(large.buffer, total, large.partial, this.session.authenticated);
    if (behind >= 0) {
      if (this.#loop.runBatch(this)) this.#consume(large.buffer, behind, total);
      else this.#keepWaiting(large.buffer, 0, total);
      return freeNow(large.buffer);
    }
    if (parser.error !== '') return this.#loop.refuse(this, parser.error);
    const { argc, done, at, needed, start: starts, length } = parser.partial;
    this.#large = { buffer: large.buffer, filled: total, partial: { argc, done, at, needed, start: starts, length } };
    parser.forgetFirst();
  }

  /** Goes on with what had to wait. */
  resumeInput(): void {
    if (this.closed || this.held || this.session.closing) return;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#loop.beginTurn(this, 0);
    if (waiting !== undefined) this.#consume(waiting, 0, waiting.length);
    this.#loop.endTurn(this);
    if (!this.held && !this.throttled && !this.closed) this.io.resumeReading();
  }

  onDrain(): void {
    if (this.closed) return;
    this.#loop.drained(this);
  }

  onClose(): void {
    if (this.closed) return;
    this.closed = true;
    this.#waiting = undefined;
    if (this.#large !== undefined) freeNow(this.#large.buffer);
    this.#large = undefined;
    for (const { bytes } of this.session.transaction?.queue ?? []) freeNow(bytes);
    this.session.transaction = undefined;
    this.outbox = [];
    this.outboxBytes = 0;
    this.#loop.forget(this);
  }

  send(bytes: Uint8Array): void {
    if (this.closed || this.session.closing) return;
    this.#loop.push(this, bytes);
  }

  closeAfterReply(): void {
    this.session.closing = true;
    this.#loop.touch(this);
  }

  closeNow(): void {
    this.session.closing = true;
    this.io.destroy();
  }

  hold(): void {
    this.#holds++;
  }

  release(): void {
    if (this.#holds === 0) return;
    this.#holds--;
    if (this.#holds === 0) this.#loop.continueSoon(this);
  }
}

function grownSize({ buffer, partial: { needed } }: LargeCommand, total: number): number {
  if (total > leapBytes) return Math.max(needed, total + laterGrowthBytes);
  return Math.max(roomFor(total, needed), Math.min(buffer.length * 2, Math.max(needed, total * 2)));
}

function roomFor(present: number, needed: number): number {
  return Math.min(Math.max(needed, present), Math.max(present * 2, largeCommandBytes));
}
