/**
 * About how often keys were used lately: a count-min sketch with four rows of 4-bit counters in one table, off the heap. All counters are halved once per `agePeriod` additions,
 * a few words with each addition, so that no addition takes long.
 */
const rows = 4;
const countersPerWord = 8;
const maxCount = 15;
const halfMask = 0x77777777;
const additionsPerCounter = 14 / 8;
const seeds: readonly number[] = [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f];

export class FrequencySketch {
  #words = new Uint32Array(8);
  #sweep = 0;
  #owed = 0;

  get memoryBytes(): number {
    return this.#words.byteLength;
  }

  /** Room for the keys of a cache of `entries`: eight counters each. Begins anew when it grows. */
  resize(entries: number): void {
    const words = 2 ** Math.ceil(Math.log2(Math.max(8, entries)));
    if (words <= this.#words.length && words * 4 > this.#words.length) return;
    this.#words = new Uint32Array(words);
    this.#sweep = 0;
    this.#owed = 0;
  }

  add(hash: number): void {
    const least = this.estimate(hash);
    if (least < maxCount) for (let row = 0; row < rows; row++) this.#raise(this.#counterOf(hash, row), least);
    this.#owed += 1 / (additionsPerCounter * countersPerWord);
    while (this.#owed >= 1) {
      this.#owed--;
      this.#words[this.#sweep] = (this.#words[this.#sweep] >>> 1) & halfMask;
      this.#sweep = (this.#sweep + 1) & (this.#words.length - 1);
    }
  }

  estimate(hash: number): number {
    let least = maxCount;
    for (let row = 0; row < rows; row++) {
      const counter = this.#counterOf(hash, row);
      const count = (this.#words[counter >>> 3] >>> ((counter & 7) << 2)) & 15;
      if (count < least) least = count;
    }
    return least;
  }

  clear(): void {
    this.#words.fill(0);
  }

  #counterOf(hash: number, row: number): number {
    const mixed = Math.imul(hash ^ (hash >>> 15), seeds[row]);
    return ((mixed ^ (mixed >>> 16)) >>> 0) % (this.#words.length * countersPerWord);
  }

  /** Only the counters that are as small as the estimate rise. */
  #raise(counter: number, least: number): void {
    const shift = (counter & 7) << 2;
    const word = this.#words[counter >>> 3];
    if (((word >>> shift) & 15) === least) this.#words[counter >>> 3] = word + (1 << shift);
  }
}
