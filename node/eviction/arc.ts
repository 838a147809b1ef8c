import { Ghosts } from './ghosts.ts';
import { placeMask, RefQueue } from './ref-queue.ts';
import type { EntrySource, EvictionPolicy } from './policy.ts';

/**
 * ARC (Megiddo and Modha, FAST 2003): a queue of keys used once lately, one of keys used more often, ghosts of both; a hit on a ghost shifts the share that the first queue
 * may have. Order is least recently used.
 */
const onceTag = 1;
const oftenTag = 2;
/** In which entries are weighed. */
const unitBytes = 8;
const recentShare = 0.1;

export class Arc implements EvictionPolicy {
  readonly name = 'allkeys-arc';
  readonly #entries: EntrySource;
  readonly #once: RefQueue;
  readonly #often: RefQueue;
  readonly #ghosts = new Ghosts();
  /** How many ghosts there are of each kind, as the algorithm bounds them. */
  #onceGhostCount = 0;
  #oftenGhostCount = 0;
  /** Share of the cache that keys used once may have. */
  #target = 0;
  /** The last newcomer was a ghost of those used often: it may take from them. */
  #fromOften = false;

  constructor(entries: EntrySource) {
    this.#entries = entries;
    this.#once = new RefQueue(entries, onceTag);
    this.#often = new RefQueue(entries, oftenTag);
  }

  get memoryBytes(): number {
    return this.#once.memoryBytes + this.#often.memoryBytes + this.#ghosts.memoryBytes;
  }

  added(ref: number, hash: number): void {
    const capacity = this.#entries.entryCount;
    this.#entries.setEvictionWord(ref, 0);
    this.#fromOften = false;
    const ghost = this.#ghosts.take(hash);
    if (ghost === onceTag) {
      this.#target = Math.min(1, this.#target + Math.max(1, this.#oftenGhostCount / Math.max(1, this.#onceGhostCount)) / capacity);
      this.#onceGhostCount = Math.max(0, this.#onceGhostCount - 1);
      this.#often.push(ref);
    } else if (ghost === oftenTag) {
      this.#target = Math.max(0, this.#target - Math.max(1, this.#onceGhostCount / Math.max(1, this.#oftenGhostCount)) / capacity);
      this.#oftenGhostCount = Math.max(0, this.#oftenGhostCount - 1);
      this.#fromOften = true;
      this.#often.push(ref);
    } else {
      this.#once.push(ref);
    }
  }

  touched(ref: number): void {
    const queue = this.#queueOf(ref);
    if (queue === this.#once) {
      this.#once.remove(ref);
      this.#often.push(ref);
    } else if (queue !== undefined && queue.ageOf(this.#entries.evictionWord(ref) & placeMask) > queue.size * recentShare) {
      queue.renew(ref);
    }
  }

  removed(ref: number): void {
    this.#queueOf(ref)?.remove(ref);
  }

  moved(from: number, to: number): void {
    if (!this.#once.moved(from, to)) this.#often.moved(from, to);
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
    const once = this.#once;
    const often = this.#often;
    if (once.size + often.size === 0) return 0;
    const share = once.weight / (once.weight + often.weight);
    const takeOnce = once.size > 0 && (often.size === 0 || share > this.#target || (this.#fromOften && share >= this.#target));
    const ref = takeOnce ? once.oldest() : often.oldest();
    this.#remember(takeOnce, this.#entries.hashOf(ref));
    return ref;
  }

  cleared(): void {
    this.#once.clear();
    this.#often.clear();
    this.#ghosts.clear();
    this.#onceGhostCount = 0;
    this.#oftenGhostCount = 0;
    this.#target = 0;
  }

  #queueOf(ref: number): RefQueue | undefined {
    if (this.#once.holds(ref)) return this.#once;
    if (this.#often.holds(ref)) return this.#often;
    return undefined;
  }

  /** Bounds: keys used once and their ghosts fill the cache at most once, all together at most twice. */
  #remember(once: boolean, hash: number): void {
    const capacity = this.#once.size + this.#often.size;
    this.#ghosts.resize(capacity, capacity, (this.#once.weight + this.#often.weight) * unitBytes);
    if (once) this.#onceGhostCount++;
    else this.#oftenGhostCount++;
    this.#onceGhostCount = Math.min(this.#onceGhostCount, Math.max(1, capacity - this.#once.size));
    this.#oftenGhostCount = Math.min(this.#oftenGhostCount, Math.max(1, capacity - this.#onceGhostCount));
    this.#ghosts.setWindow(0, this.#onceGhostCount);
    this.#ghosts.setWindow(1, this.#oftenGhostCount);
    this.#ghosts.add(hash, once ? 0 : 1);
  }
}
