import { placeMask, RefQueue } from './ref-queue.ts';
import type { EntrySource, EvictionPolicy } from './policy.ts';

/** Entries among the newest share of the queue stay where they are when they are used: the order there does not matter for long. */
const recentShare = 0.1;
const tag = 1;

/** Least recently used, of all keys or of those that expire. */
export class Lru implements EvictionPolicy {
  readonly name: 'allkeys-lru' | 'volatile-lru';
  readonly #entries: EntrySource;
  readonly #queue: RefQueue;
  readonly #volatile: boolean;

  constructor(entries: EntrySource, volatile: boolean) {
    this.name = volatile ? 'volatile-lru' : 'allkeys-lru';
    this.#entries = entries;
    this.#volatile = volatile;
    this.#queue = new RefQueue(entries, tag);
  }

  get memoryBytes(): number {
    return this.#queue.memoryBytes;
  }

  added(ref: number): void {
    this.#entries.setEvictionWord(ref, 0);
    if (!this.#volatile || this.#entries.expires(ref)) this.#queue.push(ref);
  }

  touched(ref: number): void {
    const queue = this.#queue;
    // The age first: it says no more often, and needs the word only.
    if (queue.ageOf(this.#entries.evictionWord(ref) & placeMask) > queue.size * recentShare && queue.holds(ref)) queue.renew(ref);
  }

  removed(ref: number): void {
    if (this.#queue.holds(ref)) this.#queue.remove(ref);
  }

  moved(from: number, to: number): void {
    this.#queue.moved(from, to);
  }

  resized(ref: number, difference: number): void {
    if (this.#queue.holds(ref)) this.#queue.weight += difference;
  }

  holds(ref: number): boolean {
    return this.#queue.holds(ref) || (this.#volatile && !this.#entries.expires(ref));
  }

  expiryChanged(ref: number): void {
    if (!this.#volatile) return;
    const queued = this.#queue.holds(ref);
    if (this.#entries.expires(ref) === queued) return;
    if (queued) {
      this.#queue.remove(ref);
      this.#entries.setEvictionWord(ref, 0);
    } else {
      this.#queue.push(ref);
    }
  }

  victim(): number {
    return this.#queue.oldest();
  }

  cleared(): void {
    this.#queue.clear();
  }
}
