/**
 * Keys that were evicted not long ago, without the keys: fingerprints of 15 bits with their kind in cells of two bytes, off the heap. Those of a bucket stand in the order of their
 * coming, the last first, so that no cell needs a time: of each kind a bucket remembers its share of that kind's window. One key may be taken for another about once in two thousand.
 */
const ways = 16;
const kindShift = 15;
const fingerprintMask = 0x7fff;
const leastBuckets = 16;
const cellBytes = 2;
/** Of the memory of the entries: where the table begins, and what it never takes. */
const wantedShare = 0.029;
const mostShare = 0.03;
/** What an entry takes beside its record: a pair in the index, a place in a queue. */
const besideRecordBytes = 18;
const tolerance = 1.25;
const hashRange = 2 ** 31;
/** Bits of a hash that neither choose a bucket nor make the fingerprint round a share up or down. */
const roundingMask = 0xff;

export class Ghosts {
  #cells = new Uint16Array(0);
  #buckets = 0;
  /** By kind: how many of the last are remembered. */
  readonly #windows: [number, number] = [0, 0];

  get memoryBytes(): number {
    return this.#cells.byteLength;
  }

  /** A table for `capacity` keys of both kinds, or for as many as 3 % of the memory of `entries` records of `recordBytes` altogether hold; starts anew when that changes much. */
  resize(capacity: number, entries: number, recordBytes: number): void {
    const memoryBytes = recordBytes + entries * besideRecordBytes;
    const wanted = Math.max(leastBuckets, Math.floor(Math.min(capacity, (memoryBytes * wantedShare) / cellBytes) / ways));
    const tooLarge = this.#buckets > leastBuckets && this.memoryBytes > memoryBytes * mostShare;
    if (!tooLarge && wanted <= this.#buckets * tolerance && wanted * tolerance >= this.#buckets) return;
    this.#cells = new Uint16Array(wanted * ways);
    this.#buckets = wanted;
  }

  setWindow(kind: 0 | 1, window: number): void {
    this.#windows[kind] = window;
  }

  add(hash: number, kind: 0 | 1): void {
    if (this.#buckets === 0) return;
    const cells = this.#cells;
    const begin = this.#bucketOf(hash);
    const tag = kind << kindShift;
    let count = 0;
    let oldestOwn = -1;
    let oldestOther = -1;
    let end = begin;
    for (; end < begin + ways && cells[end] !== 0; end++) {
      if ((cells[end] & (1 << kindShift)) === tag) {
        count++;
        oldestOwn = end;
      } else {
        oldestOther = end;
      }
    }
    // The one that goes: of the kind that has more than its share of the bucket.
    let hole = end;
    if (end === begin + ways) hole = oldestOther === -1 || (oldestOwn !== -1 && count >= this.#share(kind, hash)) ? oldestOwn : oldestOther;
    for (let i = hole; i > begin; i--) cells[i] = cells[i - 1];
    cells[begin] = fingerprintOf(hash) | tag;
  }

  /** Whether the key is remembered (0: no; 1, 2: as kind 0, 1); it is forgotten with that. */
  take(hash: number): 0 | 1 | 2 {
    if (this.#buckets === 0) return 0;
    const cells = this.#cells;
    const begin = this.#bucketOf(hash);
    const fingerprint = fingerprintOf(hash);
    let first = 0;
    let second = 0;
    for (let i = begin; i < begin + ways; i++) {
      const cell = cells[i];
      if (cell === 0) return 0;
      const kind = cell >>> kindShift;
      if (kind === 0) first++;
      else second++;
      if ((cell & fingerprintMask) !== fingerprint) continue;
      if ((kind === 0 ? first : second) > this.#share(kind === 0 ? 0 : 1, hash)) continue;
      cells.copyWithin(i, i + 1, begin + ways);
      cells[begin + ways - 1] = 0;
      return kind === 0 ? 1 : 2;
    }
    return 0;
  }

  clear(): void {
    this.#cells = new Uint16Array(0);
    this.#buckets = 0;
  }

  #bucketOf(hash: number): number {
    return Math.floor((hash / hashRange) * this.#buckets) * ways;
  }

  /** Cells of a bucket for a kind. Where the windows are more than the table, each has its part of it. */
  #share(kind: 0 | 1, hash: number): number {
    const [a, b] = this.#windows;
    const share = this.#windows[kind] / Math.max(this.#buckets, (a + b) / ways);
    const whole = Math.floor(share);
    return (hash & roundingMask) < (share - whole) * (roundingMask + 1) ? whole + 1 : whole;
  }
}

/** Never 0, so that a cell of 0 is an empty one. */
function fingerprintOf(hash: number): number {
  return (Math.imul(hash, 0x9e3779b1) >>> 17) || 1;
}
