import { placeMask, RefQueue } from './ref-queue.ts';
import type { EntrySource, EvictionPolicy } from './policy.ts';

/** SIEVE (Zhang et al., NSDI 2024): one queue and a hand that goes from old to new, spares the visited once, and evicts the first that is not. */
const visited = 1 << 30;
const tag = 1;
const noPlace = -1;
/** Entries that one eviction may spare: nobody waits until all have been looked at. */
const maxLooked = 1_000;

export class Sieve implements EvictionPolicy {
  readonly name = 'allkeys-sieve';
  readonly #entries: EntrySource;
  readonly #queue: RefQueue;

  constructor(entries: EntrySource) {
    this.#entries = entries;
    this.#queue = new RefQueue(entries, tag);
    this.#queue.hand = noPlace;
  }

  get memoryBytes(): number {
    return this.#queue.memoryBytes;
  }

  added(ref: number): void {
    this.#entries.setEvictionWord(ref, 0);
    this.#queue.push(ref);
  }

  touched(ref: number): void {
    const word = this.#entries.evictionWord(ref);
    if ((word & visited) === 0) this.#entries.setEvictionWord(ref, word | visited);
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
    return this.#queue.holds(ref);
  }

  expiryChanged(): void {}

  victim(): number {
    const queue = this.#queue;
    if (queue.size === 0) return 0;
    for (let looked = 0; ; looked++) {
      if (queue.hand === noPlace || this.#isOutside(queue.hand)) {
        queue.oldest();
        queue.hand = queue.head;
      }
      const ref = queue.at(queue.hand);
      this.#advance();
      if (ref === 0) continue;
      const word = this.#entries.evictionWord(ref);
      if ((word & visited) === 0 || looked >= maxLooked) return ref;
      this.#entries.setEvictionWord(ref, word & ~visited);
    }
  }

  /** To the next newer entry; behind the newest it begins again at the oldest, whatever comes in meanwhile. */
  #advance(): void {
    const queue = this.#queue;
    do queue.hand = (queue.hand + 1) & placeMask;
    while (queue.hand !== queue.tail && queue.at(queue.hand) === 0);
    if (queue.hand === queue.tail) queue.hand = noPlace;
  }

  #isOutside(place: number): boolean {
    const queue = this.#queue;
    return ((place - queue.head) & placeMask) >= ((queue.tail - queue.head) & placeMask);
  }

  cleared(): void {
    this.#queue.clear();
  }
}
