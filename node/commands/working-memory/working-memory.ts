import { freeNow } from '../../io/free-now.ts';

/** What a command needs while it runs beside what it reads and answers did not fit. */
export class NoWorkingMemory extends Error {}

/** Small things are not worth asking for: so many bytes are always there. */
const alwaysBytes = 64 * 1024;

/**
 * Off-heap memory of the command that runs (SORT, SUNION …), counted against the node's limit: nothing is taken that the limit and its head-room have no place for.
 * One command runs at a time; what it took is given back when it ends (`working`).
 */
export class WorkingMemory {
  heldBytes = 0;
  readonly #roomBytes: () => number;
  readonly #held = new Set<ArrayBufferView>();

  /** `roomBytes`: what the node has left for commands at this moment; infinite without a limit. */
  constructor(roomBytes: () => number) {
    this.#roomBytes = roomBytes;
  }

  /** Throws where there is no room for so many bytes more; takes none of them. */
  check(bytes: number): void {
    const wanted = this.heldBytes + bytes;
    if (wanted > alwaysBytes && wanted > this.#roomBytes()) throw new NoWorkingMemory();
  }

  /** Zeros. */
  words(count: number): Int32Array<ArrayBuffer> {
    this.check(count * 4);
    return this.#hold(new Int32Array(count));
  }

  /** Zeros. */
  doubles(count: number): Float64Array<ArrayBuffer> {
    this.check(count * 8);
    return this.#hold(new Float64Array(count));
  }

  /** Arbitrary bytes. */
  bytes(count: number): Buffer<ArrayBuffer> {
    this.check(count);
    return this.#hold(Buffer.allocUnsafeSlow(count));
  }

  free(array: ArrayBufferView): void {
    if (!this.#held.delete(array)) return;
    this.heldBytes -= array.byteLength;
    freeNow(array);
  }

  freeAll(): void {
    for (const array of this.#held) freeNow(array);
    this.#held.clear();
    this.heldBytes = 0;
  }

  #hold<T extends ArrayBufferView>(array: T): T {
    this.#held.add(array);
    this.heldBytes += array.byteLength;
    return array;
  }
}
