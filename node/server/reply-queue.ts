import { freeNow } from '../io/free-now.ts';
import type { Connection } from './connection.ts';

const firstBytes = 64 * 1024;
/** Above it an arena that has become empty is given back. */
const keptBytes = 1024 * 1024;

/**
 * Replies that wait, oldest first: their bytes behind one another in one arena, what they wait for in rows of numbers. Nothing is allocated per reply.
 * Places in the arena count on; `#base` is the place of its first byte.
 */
export class ReplyQueue {
  #arena = Buffer.allocUnsafeSlow(firstBytes);
  #base = 0;
  #end = 0;
  #first = 0;
  #last = 0;
  readonly #connection: (Connection | undefined)[] = [];
  readonly #start: number[] = [];
  readonly #untilSeq: number[] = [];
  readonly #readAtMs: number[] = [];

  get isEmpty(): boolean {
    return this.#first === this.#last;
  }

  /** What the oldest waits for. */
  get untilSeq(): number {
    return this.#untilSeq[this.#first];
  }

  get readAtMs(): number {
    return this.#readAtMs[this.#first];
  }

  push(connection: Connection, bytes: Uint8Array, length: number, untilSeq: number, readAtMs: number): void {
    if (this.#end - this.#base + length > this.#arena.length) this.#makeRoom(length);
    const i = this.#last++;
    this.#connection[i] = connection;
    this.#start[i] = this.#end;
    this.#untilSeq[i] = untilSeq;
    this.#readAtMs[i] = readAtMs;
    this.#arena.set(length === bytes.length ? bytes : bytes.subarray(0, length), this.#end - this.#base);
    this.#end += length;
  }

  /** Takes the oldest out. `send` answers whether the bytes may be overwritten now. */
  shift(send: (connection: Connection, bytes: Buffer) => boolean): void {
    const i = this.#first++;
    const connection = this.#connection[i] as Connection;
    this.#connection[i] = undefined;
    const end = this.#first < this.#last ? this.#start[this.#first] : this.#end;
    const bytes = this.#arena.subarray(this.#start[i] - this.#base, end - this.#base);
    const arena = this.#arena;
    if (this.#first === this.#last) this.#restart();
    // The socket goes on reading from this arena: the others move out.
    if (!send(connection, bytes)) this.#move(this.#arena.length);
    else if (arena !== this.#arena) freeNow(arena);
  }

  /** Takes all out. */
  clear(each: (connection: Connection) => void): void {
    const waiting = new Set(this.#connection.slice(this.#first, this.#last));
    this.#connection.length = 0;
    this.#restart();
    for (const connection of waiting) each(connection as Connection);
  }

  #restart(): void {
    this.#first = 0;
    this.#last = 0;
    this.#base = 0;
    this.#end = 0;
    if (this.#arena.length > keptBytes) this.#arena = Buffer.allocUnsafeSlow(firstBytes);
  }

  get #liveStart(): number {
    return this.#first < this.#last ? this.#start[this.#first] : this.#end;
  }

  #makeRoom(length: number): void {
    const live = this.#end - this.#liveStart;
    const half = this.#arena.length / 2;
    if (live + length > half) {
      const arena = this.#arena;
      this.#move(Math.max(this.#arena.length * 2, 2 * (live + length)));
      return freeNow(arena);
    }
    this.#arena.copyWithin(0, this.#liveStart - this.#base, this.#end - this.#base);
    this.#base = this.#liveStart;
    this.#renumber();
    return undefined;
  }

  #move(size: number): void {
    const next = Buffer.allocUnsafeSlow(Math.max(size, firstBytes));
    const from = this.#liveStart;
    next.set(this.#arena.subarray(from - this.#base, this.#end - this.#base));
    this.#arena = next;
    this.#base = from;
    this.#renumber();
  }

  /** A queue that is never empty must not count its rows on for ever. */
  #renumber(): void {
    const { length } = this.#connection;
    for (const row of [this.#connection, this.#start, this.#untilSeq, this.#readAtMs]) {
      row.copyWithin(0, this.#first, this.#last);
      row.length = Math.min(length, row.length);
    }
    this.#last -= this.#first;
    this.#first = 0;
    for (let i = this.#last; i < this.#connection.length; i++) this.#connection[i] = undefined;
  }
}
