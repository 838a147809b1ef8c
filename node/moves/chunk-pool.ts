/**
 * Buffers of chunks that are used again: at hundreds of megabytes a second new ones would keep the garbage collector busy, and with it the clients wait. Who forgets to give one
 * back only costs another.
 */
export class ChunkPool {
  readonly #free: Buffer[] = [];
  readonly #bytes: number;
  readonly #mostFree: () => number;

  /** Buffers of `bytes` each, and at most `mostFree()` bytes of them at rest. */
  constructor(bytes: number, mostFree: () => number) {
    this.#bytes = bytes;
    this.#mostFree = mostFree;
  }

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#bytes);
  }

  /** Small ones and very large ones are not of this pool. */
  copyOf(bytes: Uint8Array): Uint8Array {
    if (bytes.length > this.#bytes || bytes.length < this.#bytes / 8) return Buffer.from(bytes);
    const copy = this.take().subarray(0, bytes.length);
    copy.set(bytes);
    return copy;
  }

  /** A buffer of this pool, or a view of one from its start; anything else is left to the collector. */
  give(bytes: Uint8Array): void {
    if (bytes.byteOffset === 0 && bytes.buffer.byteLength === this.#bytes && this.freeBytes + this.#bytes <= this.#mostFree()) this.#free.push(Buffer.from(bytes.buffer));
  }

  get freeBytes(): number {
    return this.#free.length * this.#bytes;
  }

  /** Lets go of all that is not in use. */
  clear(): void {
    this.#free.length = 0;
  }
}
