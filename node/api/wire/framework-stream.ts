import { Duplex } from 'node:stream';
import type { IoConnection } from '../../io/backend.ts';
import type { TenantClient } from '../../tenants/admission.ts';

/** The connection's side of a stream. */
export interface FrameworkPeer extends TenantClient {
  readonly io: IoConnection;
  /** The complete parser has begun with a request. */
  frameworkBegins(): void;
  /** It has answered it. */
  frameworkAnswered(): void;
  /** It has taken what it was given. */
  takesMore(): void;
  /** Requests wait in it, and no more are to come for now; or they may again. */
  crowded(isCrowded: boolean): void;
  /** It has given its last answer and closes. */
  ended(): void;
}

/** What a complete HTTP parser takes for a socket: requests of one connection go in, its answers come out. */
export class FrameworkStream extends Duplex {
  readonly connection: FrameworkPeer;
  #sent: (() => void) | undefined;

  constructor(connection: FrameworkPeer) {
    super({ allowHalfOpen: true });
    this.connection = connection;
    // A connection that breaks is no fault of ours.
    this.on('error', () => undefined);
  }

  /** False: it takes no more for now, and says when it does. */
  give(bytes: Buffer): boolean {
    return this.destroyed || this.readableEnded || this.push(bytes);
  }

  /** Nothing more will be given. */
  finish(): void {
    if (!this.destroyed && !this.readableEnded) this.push(null);
  }

  drained(): void {
    const sent = this.#sent;
    this.#sent = undefined;
    sent?.();
  }

  override _read(): void {
    this.connection.takesMore();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    // Before the call: what waits to be sent may have gone when it returns.
    this.#sent = done;
    if (this.connection.io.write(chunk, chunk.length)) this.drained();
  }

  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: () => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), '', done);
  }

  override _final(done: () => void): void {
    this.connection.ended();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.drained();
    this.connection.ended();
    done(error);
  }
}
