import { FrequencySketch } from './frequency-sketch.ts';
import { placeMask, RefQueue } from './ref-queue.ts';
import type { EntrySource, EvictionPolicy } from './policy.ts';

/**
 * W-TinyLFU (Einziger, Friedman and Manes, 2017) with a window of 10 %: newcomers live in the window; one that leaves it stays only if it is used more often than the oldest
 * on probation. What is used on probation becomes protected.
 */
const windowTag = 1;
const probationTag = 2;
const protectedTag = 3;
const windowShare = 0.1;
const protectedShare = 0.8;
const recentShare = 0.05;
/** Below this share of what once was full, memory counts as filling again. */
const fillingShare = 0.95;

export class WTinyLfu implements EvictionPolicy {
  readonly name = 'allkeys-w-tinylfu';
  readonly #entries: EntrySource;
  readonly #window: RefQueue;
  readonly #probation: RefQueue;
  readonly #protected: RefQueue;
  readonly #sketch = new FrequencySketch();
  #sizedFor = 0;
  /** Weight of all entries when one had to go last; 0 before that. */
  #fullWeight = 0;

  constructor(entries: EntrySource) {
    this.#entries = entries;
    this.#window = new RefQueue(entries, windowTag);
    this.#probation = new RefQueue(entries, probationTag);
    this.#protected = new RefQueue(entries, protectedTag);
  }

  get memoryBytes(): number {
    return this.#window.memoryBytes + this.#probation.memoryBytes + this.#protected.memoryBytes + this.#sketch.memoryBytes;
  }

  added(ref: number, hash: number): void {
    if (this.#entries.entryCount > this.#sizedFor) {
      this.#sizedFor = Math.max(16, this.#entries.entryCount * 2);
      this.#sketch.resize(this.#entries.entryCount);
    }
    this.#sketch.add(hash);
    this.#entries.setEvictionWord(ref, 0);
    this.#window.push(ref);
    // Until memory is full, nobody has to win a place in the main queues.
    if (this.#total() < this.#fullWeight * fillingShare || this.#fullWeight === 0) this.#fillMain();
  }

  touched(ref: number): void {
    this.#sketch.add(this.#entries.hashOf(ref));
    const queue = this.#queueOf(ref);
    if (queue === this.#probation) {
      this.#probation.remove(ref);
      this.#protected.push(ref);
      this.#demote();
      return;
    }
    if (queue !== undefined && queue.ageOf(this.#entries.evictionWord(ref) & placeMask) > queue.size * recentShare) queue.renew(ref);
  }

  removed(ref: number): void {
    this.#queueOf(ref)?.remove(ref);
  }

  moved(from: number, to: number): void {
    if (!this.#window.moved(from, to) && !this.#probation.moved(from, to)) this.#protected.moved(from, to);
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
    const window = this.#window;
    const total = this.#total();
    this.#fullWeight = total;
    if (window.size === 0 || window.weight <= total * windowShare) {
      const ref = this.#mainVictim();
      return ref === 0 ? window.oldest() : ref;
    }
    const candidate = window.oldest();
    const other = this.#mainVictim();
    if (other === 0) return candidate;
    if (this.#sketch.estimate(this.#entries.hashOf(candidate)) <= this.#sketch.estimate(this.#entries.hashOf(other))) return candidate;
    window.remove(candidate);
    this.#probation.push(candidate);
    return other;
  }

  cleared(): void {
    this.#window.clear();
    this.#probation.clear();
    this.#protected.clear();
    this.#sketch.clear();
    this.#fullWeight = 0;
  }

  #total(): number {
    return this.#window.weight + this.#probation.weight + this.#protected.weight;
  }

  #fillMain(): void {
    const window = this.#window;
    while (window.size > 1 && window.weight > this.#total() * windowShare) {
      const ref = window.oldest();
      window.remove(ref);
      this.#probation.push(ref);
    }
  }

  #mainVictim(): number {
    return this.#probation.size > 0 ? this.#probation.oldest() : this.#protected.oldest();
  }

  /** The protected have their share of what is not the window; their oldest goes back on probation. */
  #demote(): void {
    const limit = (this.#probation.weight + this.#protected.weight) * protectedShare;
    while (this.#protected.weight > limit && this.#protected.size > 1) {
      const ref = this.#protected.oldest();
      this.#protected.remove(ref);
      this.#probation.push(ref);
    }
  }

  #queueOf(ref: number): RefQueue | undefined {
    if (this.#window.holds(ref)) return this.#window;
    if (this.#probation.holds(ref)) return this.#probation;
    if (this.#protected.holds(ref)) return this.#protected;
    return undefined;
  }
}
