import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { Timers } from '../../shared/ports/ports.ts';
import type { IoBackend, IoConnection, IoHandler, IoListener } from './backend.ts';
import { freeNow } from './free-now.ts';
import { NetConnection } from './net-backend.ts';
import { failed, hungUp, readable, systemCalls, writable, type SystemCalls, type WaitSet } from './system-calls.ts';

/** Bytes of one read. */
const readBytes = 64 * 1024;
/** Room in front of the read for what was left of the command before. */
const headroomBytes = 32 * 1024;
/** Rounds over the ready connections before other work of the event loop has its turn. */
const roundsPerTurn = 4;
/** Answers of a round are sent together when it ends: a client that waits for many is woken once. Longer ones go at once. */
const stagedBytes = 256 * 1024;
const longestStagedBytes = 16 * 1024;

/** Output that the kernel has not taken. */
interface Unsent {
  readonly buffer: Buffer;
  at: number;
  readonly end: number;
}

/**
 * Reads and writes by system calls of its own and waits with one epoll set, itself watched by the event loop: a turn costs one call out of the loop for all connections that
 * are ready, and none of the layers between a handle and its bytes. `node:net` still listens and accepts. Undefined where this Node or system cannot (system-calls.ts).
 */
export function epollBackend(timers: Timers): IoBackend | undefined {
  const arena = Buffer.allocUnsafeSlow(headroomBytes + readBytes);
  const calls = systemCalls(arena.subarray(headroomBytes));
  if (calls === undefined) return undefined;
  const loop = new EpollLoop(calls, arena, timers);
  return {
    name: 'epoll',
    listen({ host, port, backlog }, accept) {
      return new Promise((resolve, reject) => {
        const open = new Set<EpollConnection>();
        let noneLeft: (() => void) | undefined;
        const gone = (connection: EpollConnection): void => {
          open.delete(connection);
          if (open.size === 0) noneLeft?.();
        };
        const server = createServer({ noDelay: true, pauseOnConnect: true }, (socket) => {
          const connection = loop.adopt(socket, accept, gone);
          if (connection !== undefined) open.add(connection);
        });
        server.once('error', reject);
        server.listen({ host, port, backlog }, () => {
          server.off('error', reject);
          const address = server.address() as AddressInfo;
          const close = async (): Promise<void> => {
            await new Promise<void>((closed) => server.close(() => closed()));
            if (open.size > 0) await new Promise<void>((closed) => (noneLeft = closed));
          };
          resolve({ host: address.address, port: address.port, close } satisfies IoListener);
        });
      });
    },
  };
}

/** The connections of one process and the set that waits for them. */
class EpollLoop {
  readonly calls: SystemCalls;
  readonly set: WaitSet;
  readonly #arena: Buffer;
  readonly #timers: Timers;
  /** By tag; a tag is used again only in a later turn, for events of a turn name connections that may be gone. */
  readonly #connections: (EpollConnection | undefined)[] = [];
  readonly #freeTags: number[] = [];
  readonly #freedTags: number[] = [];
  #count = 0;
  #scheduled = false;
  /** A round is running: writes may wait for its end. */
  inRound = false;
  readonly #staged = Buffer.allocUnsafeSlow(stagedBytes);
  #stagedEnd = 0;
  /** Whose bytes they are, and where each one's end. */
  readonly #stagedFor: EpollConnection[] = [];
  readonly #stagedEnds: number[] = [];

  constructor(calls: SystemCalls, arena: Buffer, timers: Timers) {
    this.calls = calls;
    this.#arena = arena;
    this.#timers = timers;
    this.set = calls.createWaitSet(() => this.#schedule());
  }

  adopt(socket: Socket, accept: (connection: IoConnection) => IoHandler | undefined, gone: (connection: EpollConnection) => void): EpollConnection | undefined {
    const { remoteAddress, localAddress, fd: accepted } = new NetConnection(socket);
    const fd = accepted < 0 ? -1 : this.calls.duplicate(accepted);
    socket.on('error', () => socket.destroy());
    // The connection lives on in the duplicate.
    socket.destroy();
    if (fd < 0) return undefined;
    const tag = this.#freeTags.pop() ?? this.#connections.length;
    const connection = new EpollConnection(this, fd, tag, remoteAddress, localAddress, gone);
    this.#connections[tag] = connection;
    this.set.add(fd, readable, tag);
    if (this.#count++ === 0) this.set.watch(true);
    const handler = accept(connection);
    if (handler === undefined) connection.destroy();
    else connection.handler = handler;
    return connection.open ? connection : undefined;
  }

  forget(tag: number): void {
    this.#connections[tag] = undefined;
    this.#freedTags.push(tag);
    if (--this.#count === 0) this.set.watch(false);
  }

  /** From the event loop's poll phase; the work runs in the phase after it, where ticks and promises are taken care of. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#timers.soon(() => this.#run());
  }

  #run(): void {
    this.#scheduled = false;
    for (let round = 0; round < roundsPerTurn; round++) {
      const count = this.set.collect();
      if (count <= 0) break;
      this.inRound = true;
      for (let i = 0; i < count; i++) this.#serve(this.#connections[this.set.tag(i)], this.set.events(i));
      this.inRound = false;
      this.sendStaged();
      while (this.#freedTags.length > 0) this.#freeTags.push(this.#freedTags.pop() as number);
    }
  }

  /** Takes bytes of a connection that has none staged and nothing unsent. */
  stage(connection: EpollConnection, buffer: Buffer, length: number): void {
    if (this.#stagedEnd + length > stagedBytes) this.sendStaged();
    buffer.copy(this.#staged, this.#stagedEnd, 0, length);
    this.#stagedEnd += length;
    this.#stagedFor.push(connection);
    this.#stagedEnds.push(this.#stagedEnd);
    connection.staged = true;
  }

  sendStaged(): void {
    let start = 0;
    for (let i = 0; i < this.#stagedFor.length; i++) {
      const end = this.#stagedEnds[i];
      const connection = this.#stagedFor[i];
      connection.staged = false;
      connection.sendNow(this.#staged, start, end);
      start = end;
    }
    this.#stagedFor.length = 0;
    this.#stagedEnds.length = 0;
    this.#stagedEnd = 0;
  }

  #serve(connection: EpollConnection | undefined, events: number): void {
    if (connection === undefined) return;
    if ((events & writable) !== 0) connection.sendMore();
    if ((events & (readable | hungUp | failed)) === 0 || !connection.open) return;
    if (!connection.reading) {
      // Both directions are closed or broken: nothing can be told or heard any more.
      if ((events & (hungUp | failed)) !== 0) connection.destroy();
      return;
    }
    const count = this.calls.receive(connection.fd);
    if (count > 0) connection.handler.onData(this.#arena, headroomBytes, headroomBytes + count);
    else if (count === 0) connection.heardAll();
    else if (count === -2) connection.destroy();
  }
}

const nobody: IoHandler = { onData() {}, onDrain() {}, onClose() {} };

/** Memory that a few unsent bytes may keep beside themselves. */
const largestViewedBytes = 64 * 1024;

class EpollConnection implements IoConnection {
  readonly fd: number;
  readonly remoteAddress: string;
  readonly localAddress: string;
  handler: IoHandler = nobody;
  open = true;
  reading = true;
  pendingBytes = 0;
  heldBytes = 0;
  /** The loop holds an answer for the end of the round. */
  staged = false;
  readonly #loop: EpollLoop;
  readonly #tag: number;
  readonly #gone: (connection: EpollConnection) => void;
  #unsent: Unsent[] = [];
  /** Closes when everything is sent. */
  #ending = false;

  constructor(loop: EpollLoop, fd: number, tag: number, remoteAddress: string, localAddress: string, gone: (connection: EpollConnection) => void) {
    this.#loop = loop;
    this.fd = fd;
    this.#tag = tag;
    this.remoteAddress = remoteAddress;
    this.localAddress = localAddress;
    this.#gone = gone;
  }

  write(buffer: Buffer, length: number): boolean {
    if (!this.open || this.#ending || length === 0) return true;
    if (this.staged) this.#loop.sendStaged();
    let sent = 0;
    if (this.pendingBytes === 0 && this.open) {
      if (this.#loop.inRound && length <= longestStagedBytes) {
        this.#loop.stage(this, buffer, length);
        return true;
      }
      sent = this.#loop.calls.send(this.fd, buffer, 0, length);
      if (sent === length) return true;
      if (sent < 0) {
        this.destroy();
        return true;
      }
    }
    if (!this.open) return true;
    this.#keep(buffer, sent, length);
    return false;
  }

  /** Sends bytes that were staged; the buffer stays the loop's. */
  sendNow(buffer: Buffer, start: number, end: number): void {
    if (!this.open) return;
    const sent = this.#loop.calls.send(this.fd, buffer, start, end);
    if (sent < 0) return this.destroy();
    if (sent < end - start) this.#keep(Buffer.from(buffer.subarray(start + sent, end)), 0, end - start - sent);
  }

  #keep(given: Buffer, from: number, to: number): void {
    // A view would keep all of what it is a view of.
    const isView = given.buffer.byteLength > largestViewedBytes && given.buffer.byteLength > 2 * given.length;
    const buffer = isView ? Buffer.from(given.subarray(from, to)) : given;
    const [at, end] = isView ? [0, to - from] : [from, to];
    this.#unsent.push({ buffer, at, end });
    this.pendingBytes += end - at;
    this.heldBytes += buffer.length;
    this.#wait();
  }

  /** The kernel takes bytes again. */
  sendMore(): void {
    while (this.#unsent.length > 0) {
      const first = this.#unsent[0];
      const sent = this.#loop.calls.send(this.fd, first.buffer, first.at, first.end);
      if (sent < 0) return this.destroy();
      first.at += sent;
      this.pendingBytes -= sent;
      if (first.at < first.end) return;
      this.#unsent.shift();
      this.heldBytes -= first.buffer.length;
      freeNow(first.buffer);
    }
    if (this.#ending) return this.#finish();
    this.#wait();
    this.handler.onDrain();
  }

  flush(): void {
    if (this.staged) this.#loop.sendStaged();
  }

  pauseReading(): void {
    this.#setReading(false);
  }

  resumeReading(): void {
    this.#setReading(true);
  }

  #setReading(on: boolean): void {
    if (!this.open || this.#ending || this.reading === on) return;
    this.reading = on;
    this.#wait();
  }

  #wait(): void {
    this.#loop.set.change(this.fd, (this.reading ? readable : 0) | (this.pendingBytes > 0 ? writable : 0), this.#tag);
  }

  /** The other side has said all. */
  heardAll(): void {
    if (this.handler.onEnd?.() === true) this.pauseReading();
    else this.end();
  }

  end(): void {
    if (!this.open || this.#ending) return;
    if (this.staged) this.#loop.sendStaged();
    if (!this.open) return;
    this.#ending = true;
    this.reading = false;
    if (this.pendingBytes === 0) this.#finish();
    else this.#wait();
  }

  #finish(): void {
    this.#loop.calls.shutdownWrites(this.fd);
    this.destroy();
  }

  destroy(): void {
    if (!this.open) return;
    this.open = false;
    for (const { buffer } of this.#unsent) freeNow(buffer);
    this.#unsent = [];
    this.pendingBytes = 0;
    this.heldBytes = 0;
    this.#loop.set.remove(this.fd);
    this.#loop.calls.close(this.fd);
    this.#loop.forget(this.#tag);
    // Never from inside a call of the handler's own.
    queueMicrotask(() => {
      this.handler.onClose();
      this.#gone(this);
    });
  }

  setKeepAlive(seconds: number): void {
    if (this.open) this.#loop.calls.setKeepAlive(this.fd, seconds);
  }
}
