/**
 * When keys of tracked namespaces were created and last read, and how often they were read: off the heap, of one size. A key lies in one of eight places; where all are taken it
 * takes that of the key that was read longest ago, so the table knows the keys that are in use. Keys are told apart by slot and hash.
 */
const ways = 8;
const buckets = 1 << 16;
const words = 5;
const usedBit = 1 << 16;

export interface KeyAccess {
  /** Seconds since the Unix epoch. */
  readonly createdAtSeconds: number;
  readonly lastReadSeconds: number;
  readonly reads: number;
}

export class AccessTable {
  /** Of each place: hash | slot and whether it is taken | created | last read | reads. */
  #table = new Int32Array(0);

  /** What the table takes; nothing before its first key. */
  get memoryBytes(): number {
    return this.#table.byteLength;
  }

  created(slot: number, hash: number, nowMs: number): void {
    const at = this.#place(slot, hash);
    const seconds = Math.floor(nowMs / 1000);
    this.#table[at + 2] = seconds;
    this.#table[at + 3] = seconds;
    this.#table[at + 4] = 0;
  }

  read(slot: number, hash: number, nowMs: number): void {
    const at = this.#place(slot, hash);
    this.#table[at + 3] = Math.floor(nowMs / 1000);
    this.#table[at + 4]++;
  }

  /** Undefined for a key that was not read for long, while many others were. A key that was there before its namespace was tracked has no time of creation (0). */
  of(slot: number, hash: number): KeyAccess | undefined {
    const at = this.#find(slot, hash);
    if (at < 0) return undefined;
    const table = this.#table;
    return { createdAtSeconds: table[at + 2] >>> 0, lastReadSeconds: table[at + 3] >>> 0, reads: table[at + 4] >>> 0 };
  }

  #find(slot: number, hash: number): number {
    const table = this.#table;
    if (table.length === 0) return -1;
    const first = bucketOf(slot, hash);
    for (let at = first; at < first + ways * words; at += words) if (table[at] === hash && table[at + 1] === (slot | usedBit)) return at;
    return -1;
  }

  #place(slot: number, hash: number): number {
    if (this.#table.length === 0) this.#table = new Int32Array(buckets * ways * words);
    const found = this.#find(slot, hash);
    if (found >= 0) return found;
    const table = this.#table;
    const first = bucketOf(slot, hash);
    let oldest = first;
    for (let at = first; at < first + ways * words; at += words) {
      if ((table[at + 1] & usedBit) === 0) {
        oldest = at;
        break;
      }
      if (table[at + 3] >>> 0 < table[oldest + 3] >>> 0) oldest = at;
    }
    table.fill(0, oldest, oldest + words);
    table[oldest] = hash;
    table[oldest + 1] = slot | usedBit;
    return oldest;
  }
}

const bucketOf = (slot: number, hash: number): number => ((Math.imul(hash ^ slot, 0x9e3779b1) >>> 16) & (buckets - 1)) * ways * words;
