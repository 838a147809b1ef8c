import type { Socket } from 'node:net';
import { NetConnection } from './net-backend.ts';

/** What a handle answers for a write that the kernel did not take at once. */
interface PendingWrite {
  oncomplete: (status: number) => void;
  /** Keeps the bytes alive until the write is done. */
  buffer: Buffer;
  /** Set when it was done before `oncomplete` could be. */
  writeStatus: number | null;
}

/** The part of a TCP handle that is used without its socket. */
export interface StreamHandle {
  readonly useUserBuffer?: unknown;
  /** As Node 26 has it: 0 when all was taken, an error number, or the write under way. */
  writeBuffer(request: null, bytes: Buffer): number | PendingWrite;
  /** Bytes that the kernel has not taken. */
  readonly writeQueueSize: number;
}

/** Handles of other versions are called differently, and a wrong call ends the process. */
export const knowsHandles: boolean = process.versions.node.startsWith('26.');

/**
 * Writes to the handle itself: a reply that the kernel takes at once, as nearly every one is, costs no stream state and no tick. Everything else is
 * the socket's; closing waits for writes under way, for that is in the handle.
 */
export class StreamHandleConnection extends NetConnection {
  readonly #socket: Socket;
  readonly #handle: StreamHandle;
  readonly #onDrain: () => void;
  #writesUnderWay = 0;
  heldBytes = 0;

  constructor(socket: Socket, handle: StreamHandle, onDrain: () => void) {
    super(socket);
    this.#socket = socket;
    this.#handle = handle;
    this.#onDrain = onDrain;
  }

  override get pendingBytes(): number {
    return this.#writesUnderWay === 0 || this.#socket.destroyed ? 0 : this.#handle.writeQueueSize;
  }

  override write(buffer: Buffer, length: number): boolean {
    const socket = this.#socket;
    if (socket.destroyed || socket.writableEnded) return true;
    const result = this.#handle.writeBuffer(null, buffer.subarray(0, length));
    if (typeof result === 'number') {
      if (result !== 0) socket.destroy();
      return true;
    }
    this.#writesUnderWay++;
    this.heldBytes += buffer.length;
    result.buffer = buffer;
    result.oncomplete = (status) => this.#written(status, buffer);
    if (result.writeStatus !== null) this.#written(result.writeStatus, buffer);
    return false;
  }

  #written(status: number, buffer: Buffer): void {
    this.#writesUnderWay--;
    this.heldBytes -= buffer.length;
    if (this.#socket.destroyed) return;
    if (status !== 0) this.#socket.destroy();
    else if (this.#writesUnderWay === 0) this.#onDrain();
  }
}
