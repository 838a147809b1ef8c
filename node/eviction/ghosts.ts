/**
 * Keys that were evicted not long ago, without the keys: a table of 15-bit fingerprints with their kind and the time of their coming, four to a bucket, off the heap. Of each kind
 * the last ones of a window are remembered; one key may be taken for another about once in ten thousand.
 */
const ways = 4;
const kindBit = 0x10000;
const fingerprintShift = 17;
const stampMask = 0xffff;
/** Steps in which time passes while the table fills once. */
const stepsPerTable = 4096;
const leastBuckets = 64;

export class Ghosts {
  #cells = new Uint32Array(0);
  #bucketMask = 0;
  #perStep = 1;
  /** By kind: keys that came in, and how many of the last are remembered. */
  readonly #arrivals: [number, number] = [0, 0];
  readonly #windows: [number, number] = [0, 0];

  get memoryBytes(): number {
    return this.#cells.byteLength;
  }

  /** A table for `capacity` keys of both kinds; starts anew when the size changes. */
  resize(capacity: number): void {
    const wanted = Math.max(leastBuckets, 2 ** Math.ceil(Math.log2(capacity / ways + 1)));
    if (wanted <= this.#bucketMask + 1 && wanted * 4 >= this.#bucketMask + 1) return;
    this.#cells = new Uint32Array(wanted * ways);
    this.#bucketMask = wanted - 1;
    this.#perStep = Math.max(1, (wanted * ways) / stepsPerTable);
  }

  setWindow(kind: 0 | 1, window: number): void {
    this.#windows[kind] = window;
  }

  add(hash: number, kind: 0 | 1): void {
    if (this.#cells.length === 0) return;
    const at = (hash & this.#bucketMask) * ways;
    const fingerprint = fingerprintOf(hash);
    let oldest = at;
    let oldestAge = -1;
    for (let i = at; i < at + ways; i++) {
      const cell = this.#cells[i];
      const age = cell === 0 || cell >>> fingerprintShift === fingerprint ? Infinity : this.#ageOf(cell);
      if (age <= oldestAge) continue;
      oldest = i;
      oldestAge = age;
    }
    this.#cells[oldest] = (fingerprint << fingerprintShift) | (kind * kindBit) | this.#stamp(kind);
    this.#arrivals[kind]++;
  }

  /** Whether the key is remembered (0: no; 1, 2: as kind 0, 1); it is forgotten with that. */
  take(hash: number): 0 | 1 | 2 {
    if (this.#cells.length === 0) return 0;
    const at = (hash & this.#bucketMask) * ways;
    const fingerprint = fingerprintOf(hash);
    for (let i = at; i < at + ways; i++) {
      const cell = this.#cells[i];
      if (cell === 0 || cell >>> fingerprintShift !== fingerprint) continue;
      const kind = (cell & kindBit) === 0 ? 0 : 1;
      if (this.#ageOf(cell) > this.#windows[kind]) continue;
      this.#cells[i] = 0;
      return kind === 0 ? 1 : 2;
    }
    return 0;
  }

  clear(): void {
    this.#cells = new Uint32Array(0);
    this.#bucketMask = 0;
  }

  /** Arrivals of its kind since the cell came in. */
  #ageOf(cell: number): number {
    return ((this.#stamp((cell & kindBit) === 0 ? 0 : 1) - cell) & stampMask) * this.#perStep;
  }

  #stamp(kind: 0 | 1): number {
    return Math.floor(this.#arrivals[kind] / this.#perStep) & stampMask;
  }
}

/** Never 0, so that a cell of 0 is an empty one. */
function fingerprintOf(hash: number): number {
  return (Math.imul(hash, 0x9e3779b1) >>> fingerprintShift) | 1;
}
