import { Ghosts } from './ghosts.ts';
import { RefQueue } from './ref-queue.ts';
import type { EntrySource, EvictionPolicy } from './policy.ts';

/** S3-FIFO (Yang et al., SOSP 2023): a small queue for newcomers, a main queue, and ghosts of those that left the small one. */
const smallShare = 0.1;
/** Uses in the small queue that lead to the main one. */
const promotingVisits = 2;
const maxVisits = 3;
/** Ghosts per entry. */
const ghostShare = 0.9;
const visitShift = 30;
/** Entries that one eviction may spare. */
const maxLooked = 1_000;
const smallTag = 1;
const mainTag = 2;
/** In which entries are weighed. */
const unitBytes = 8;

export class S3Fifo implements EvictionPolicy {
  readonly name = 'allkeys-s3fifo';
  readonly #entries: EntrySource;
  readonly #small: RefQueue;
  readonly #main: RefQueue;
  readonly #ghosts = new Ghosts();

  constructor(entries: EntrySource) {
    this.#entries = entries;
    this.#small = new RefQueue(entries, smallTag);
    this.#main = new RefQueue(entries, mainTag);
  }

  get memoryBytes(): number {
    return this.#small.memoryBytes + this.#main.memoryBytes + this.#ghosts.memoryBytes;
  }

  added(ref: number, hash: number): void {
    this.#entries.setEvictionWord(ref, 0);
    if (this.#ghosts.take(hash) !== 0) this.#main.push(ref);
    else this.#small.push(ref);
  }

  touched(ref: number): void {
    const word = this.#entries.evictionWord(ref);
    if (word >>> visitShift < maxVisits) this.#entries.setEvictionWord(ref, (word + (1 << visitShift)) | 0);
  }

  removed(ref: number): void {
    this.#queueOf(ref)?.remove(ref);
  }

  moved(from: number, to: number): void {
    if (!this.#small.moved(from, to)) this.#main.moved(from, to);
  }

  resized(ref: number, difference: number): void {
    const queue = this.#queueOf(ref);
    if (queue !== undefined) queue.weight += difference;
  }

  expiryChanged(): void {}

  holds(ref: number): boolean {
    return this.#queueOf(ref) !== undefined;
  }

  victim(): number {
    for (let looked = 0; looked < maxLooked; looked++) {
      const fromSmall = this.#small.size > 0 && (this.#main.size === 0 || this.#small.weight > (this.#small.weight + this.#main.weight) * smallShare);
      if (!fromSmall && this.#main.size === 0) return 0;
      const ref = fromSmall ? this.#fromSmall() : this.#fromMain();
      if (ref !== 0) return ref;
    }
    // Everything was used: the one whose turn it is goes, so that nobody waits until all have been looked at.
    return this.#main.size > 0 ? this.#main.oldest() : this.#small.oldest();
  }

  cleared(): void {
    this.#small.clear();
    this.#main.clear();
    this.#ghosts.clear();
  }

  #queueOf(ref: number): RefQueue | undefined {
    if (this.#small.holds(ref)) return this.#small;
    if (this.#main.holds(ref)) return this.#main;
    return undefined;
  }

  #fromSmall(): number {
    const ref = this.#small.oldest();
    const visits = this.#entries.evictionWord(ref) >>> visitShift;
    if (visits < promotingVisits) {
      const wanted = this.#entries.entryCount * ghostShare;
      this.#ghosts.resize(wanted, this.#small.size + this.#main.size, (this.#small.weight + this.#main.weight) * unitBytes);
      this.#ghosts.setWindow(0, wanted);
      this.#ghosts.add(this.#entries.hashOf(ref), 0);
      return ref;
    }
    this.#small.remove(ref);
    this.#entries.setEvictionWord(ref, 0);
    this.#main.push(ref);
    return 0;
  }

  #fromMain(): number {
    const ref = this.#main.oldest();
    const word = this.#entries.evictionWord(ref);
    if (word >>> visitShift === 0) return ref;
    this.#main.remove(ref);
    this.#entries.setEvictionWord(ref, (word - (1 << visitShift)) | 0);
    this.#main.push(ref);
    return 0;
  }
}
