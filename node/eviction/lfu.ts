import type { EntrySource, EvictionPolicy } from './policy.ts';

/**
 * Least frequently used with ageing, by samples. The word has a logarithmic counter (bits 0–7) and the age in which it was last looked at (bits 8–23): each age that passes
 * halves the counter. An age is as many uses as there are entries, times `usesPerAge`.
 */
const usesPerAge = 8;
const sampleSize = 16;
const newcomer = 5;
const maxCounter = 255;
const counterMask = 0xff;
const ageMask = 0xffff;
/** Above the newcomers' value a use counts with a probability that falls by this much per step (Redis' lfu-log-factor). */
const logFactor = 10;
const maxDraws = 64;

export class Lfu implements EvictionPolicy {
  readonly name: 'allkeys-lfu' | 'volatile-lfu';
  readonly memoryBytes = 0;
  readonly #entries: EntrySource;
  readonly #volatile: boolean;
  readonly #random: () => number;
  #age = 0;
  #uses = 0;

  constructor(entries: EntrySource, volatile: boolean, random: () => number) {
    this.name = volatile ? 'volatile-lfu' : 'allkeys-lfu';
    this.#entries = entries;
    this.#volatile = volatile;
    this.#random = random;
  }

  added(ref: number): void {
    this.#entries.setEvictionWord(ref, newcomer | (this.#age << 8));
    this.#count();
  }

  touched(ref: number): void {
    const counter = this.frequencyOf(ref);
    const above = Math.max(0, counter - newcomer);
    const counts = counter < maxCounter && this.#random() * (above * logFactor + 1) < 1;
    this.#entries.setEvictionWord(ref, (counts ? counter + 1 : counter) | (this.#age << 8));
    this.#count();
  }

  removed(): void {}
  moved(): void {}
  resized(): void {}
  expiryChanged(): void {}
  cleared(): void {}

  holds(): boolean {
    return false;
  }

  victim(): number {
    let best = 0;
    let least = maxCounter + 1;
    let sampled = 0;
    for (let draws = 0; sampled < sampleSize && draws < maxDraws; draws++) {
      const ref = this.#entries.drawEntry();
      if (ref === 0) return 0;
      if (this.#volatile && !this.#entries.expires(ref)) continue;
      sampled++;
      const frequency = this.frequencyOf(ref);
      if (frequency >= least) continue;
      best = ref;
      least = frequency;
    }
    return best !== 0 || !this.#volatile ? best : this.#entries.soonestToExpire();
  }

  /** The counter as it is now (OBJECT FREQ). */
  frequencyOf(ref: number): number {
    const word = this.#entries.evictionWord(ref);
    const passed = (this.#age - (word >>> 8)) & ageMask;
    return passed > 8 ? 0 : (word & counterMask) >> passed;
  }

  #count(): void {
    if (++this.#uses < this.#entries.entryCount * usesPerAge) return;
    this.#uses = 0;
    this.#age = (this.#age + 1) & ageMask;
  }
}
