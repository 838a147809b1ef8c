import { FrequencySketch } from './frequency-sketch.ts';
import { placeMask, RefQueue } from './ref-queue.ts';
import type { EntrySource, EvictionPolicy } from './policy.ts';

/**
 * W-TinyLFU (Einziger, Friedman and Manes, 2017) with a window of 10 %: newcomers live in the window; one that leaves it stays only if it is used more often than the oldest of
 * the main part, which is a segmented LRU: a use moves an entry up one segment, and what is too much in a segment goes down again.
 */
const windowTag = 0;
const segments = 3;
const windowShare = 0.1;
/** Of the main part, for each segment but the lowest. */
const segmentShare = 0.4;
const recentShare = 0.05;
/** Of two that are used equally often the newcomer stays, unless both were hardly used at all. */
const hardlyUsed = 1;
/** Below this share of what once was full, memory counts as filling again. */
const fillingShare = 0.95;

export class WTinyLfu implements EvictionPolicy {
  readonly name = 'allkeys-w-tinylfu';
  readonly #entries: EntrySource;
  readonly #window: RefQueue;
  /** From the lowest to the highest. */
  readonly #segments: readonly RefQueue[];
  readonly #sketch = new FrequencySketch();
  #sizedFor = 0;
  /** Weight of all entries when one had to go last; 0 before that. */
  #fullWeight = 0;

  constructor(entries: EntrySource) {
    this.#entries = entries;
    this.#window = new RefQueue(entries, windowTag);
    this.#segments = Array.from({ length: segments }, (_, i) => new RefQueue(entries, windowTag + 1 + i));
  }

  get memoryBytes(): number {
    let bytes = this.#window.memoryBytes + this.#sketch.memoryBytes;
    for (const segment of this.#segments) bytes += segment.memoryBytes;
    return bytes;
  }

  added(ref: number, hash: number): void {
    if (this.#entries.entryCount > this.#sizedFor) {
      this.#sizedFor = Math.max(16, this.#entries.entryCount * 2);
      this.#sketch.resize(this.#entries.entryCount);
    }
    this.#sketch.add(hash);
    this.#entries.setEvictionWord(ref, 0);
    this.#window.push(ref);
    // Until memory is full, nobody has to win a place in the main part.
    if (this.#fullWeight === 0 || this.#total() < this.#fullWeight * fillingShare) this.#fillMain();
  }

  touched(ref: number): void {
    // Uses in the window are one burst: counted, they would bring in what is soon forgotten.
    if (this.#window.holds(ref)) return this.#renew(this.#window, ref);
    this.#sketch.add(this.#entries.hashOf(ref));
    const level = this.#levelOf(ref);
    if (level < 0) return;
    if (level === segments - 1) return this.#renew(this.#segments[level], ref);
    this.#segments[level].remove(ref);
    this.#segments[level + 1].push(ref);
    this.#settle(level + 1);
  }

  removed(ref: number): void {
    if (this.#window.holds(ref)) return this.#window.remove(ref);
    const level = this.#levelOf(ref);
    if (level >= 0) this.#segments[level].remove(ref);
  }

  moved(from: number, to: number): void {
    if (this.#window.moved(from, to)) return;
    for (const segment of this.#segments) if (segment.moved(from, to)) return;
  }

  resized(ref: number, difference: number): void {
    const level = this.#levelOf(ref);
    if (level >= 0) this.#segments[level].weight += difference;
    else if (this.#window.holds(ref)) this.#window.weight += difference;
  }

  expiryChanged(): void {}

  holds(ref: number): boolean {
    return this.#window.holds(ref) || this.#levelOf(ref) >= 0;
  }

  victim(): number {
    const window = this.#window;
    const total = this.#total();
    this.#fullWeight = total;
    const other = this.#mainVictim();
    if (window.size === 0 || (window.weight <= total * windowShare && other !== 0)) return other;
    const candidate = window.oldest();
    if (other === 0) return candidate;
    const ours = this.#sketch.estimate(this.#entries.hashOf(candidate));
    const theirs = this.#sketch.estimate(this.#entries.hashOf(other));
    if (ours < theirs || (ours === theirs && ours <= hardlyUsed)) return candidate;
    window.remove(candidate);
    this.#segments[0].push(candidate);
    return other;
  }

  cleared(): void {
    this.#window.clear();
    for (const segment of this.#segments) segment.clear();
    this.#sketch.clear();
    this.#fullWeight = 0;
  }

  #total(): number {
    return this.#window.weight + this.#mainWeight();
  }

  #mainWeight(): number {
    let weight = 0;
    for (const segment of this.#segments) weight += segment.weight;
    return weight;
  }

  #renew(queue: RefQueue, ref: number): void {
    if (queue.ageOf(this.#entries.evictionWord(ref) & placeMask) > queue.size * recentShare) queue.renew(ref);
  }

  #fillMain(): void {
    const window = this.#window;
    while (window.size > 1 && window.weight > this.#total() * windowShare) {
      const ref = window.oldest();
      window.remove(ref);
      this.#segments[0].push(ref);
    }
  }

  #mainVictim(): number {
    for (const segment of this.#segments) if (segment.size > 0) return segment.oldest();
    return 0;
  }

  /** What is too much in a segment goes down, from there on down to the lowest, which takes all. */
  #settle(highest: number): void {
    const limit = this.#mainWeight() * segmentShare;
    for (let level = highest; level > 0; level--) {
      const segment = this.#segments[level];
      while (segment.weight > limit && segment.size > 1) {
        const ref = segment.oldest();
        segment.remove(ref);
        this.#segments[level - 1].push(ref);
      }
    }
  }

  #levelOf(ref: number): number {
    for (let level = 0; level < segments; level++) if (this.#segments[level].holds(ref)) return level;
    return -1;
  }
}
