import type { IoConnection, IoHandler } from '../io/backend.ts';
import type { ClientSession } from './client-session.ts';

/** A connection without a socket, as the server hands it out. */
export interface InsideHandler extends IoHandler {
  readonly session: ClientSession;
}

/** Replies as they come; null: the connection is over, and what it had not answered never will be. */
export type InsideListener = (bytes: Buffer | null, length: number) => void;

const nowhere = 'inside';
const writersOwnBytes = 64 * 1024;

/**
 * A client within the process: its commands pass the same checks, gates and counters as those of a socket. One exchange at a time: `send`, then `listener`
 * is called with reply bytes (a view that holds until the next command), before `send` returns where nothing has to be waited for.
 */
export class InsideClient implements IoConnection {
  readonly remoteAddress = nowhere;
  readonly localAddress = nowhere;
  readonly fd = -1;
  readonly pendingBytes = 0;
  listener: InsideListener | undefined;
  open = true;
  #handler: InsideHandler | undefined;

  attach(handler: InsideHandler): void {
    this.#handler = handler;
    handler.session.authenticated = true;
  }

  send(user: string, bytes: Buffer): void {
    const handler = this.#handler as InsideHandler;
    handler.session.user = user;
    handler.onData(bytes, 0, bytes.length);
  }

  write(buffer: Buffer, length: number): boolean {
    this.listener?.(buffer, length);
    // Of a large reply the listener may keep the view until its next command: the writer, which gives large buffers back at once, must let go of it.
    return buffer.length <= writersOwnBytes;
  }

  pauseReading(): void {}

  resumeReading(): void {}

  end(): void {
    this.destroy();
  }

  destroy(): void {
    if (!this.open) return;
    this.open = false;
    this.#handler?.onClose();
    this.listener?.(null, 0);
  }

  setKeepAlive(): void {}
}
