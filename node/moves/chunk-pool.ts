/**
 * Buffers of chunks that are used again: at hundreds of megabytes a second new ones would keep the garbage collector busy, and with it the clients wait. Who forgets to give one
 * back only costs another.
 */
export class ChunkPool {
  readonly #free: Buffer[] = [];
  readonly #bytes: number;
  readonly #most: number;

  constructor(bytes: number, most: number) {
    this.#bytes = bytes;
    this.#most = most;
  }

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#bytes);
  }

  /** A buffer of this pool, or a view of one from its start; anything else is left to the collector. */
  give(bytes: Uint8Array): void {
    if (bytes.byteOffset === 0 && bytes.buffer.byteLength === this.#bytes && this.#free.length < this.#most) this.#free.push(Buffer.from(bytes.buffer));
  }

  /** Lets go of all that is not in use. */
  clear(): void {
    this.#free.length = 0;
  }
}
