import { slotCount } from '../../shared/slots/crc16.ts';
import { pageOf, unitsFor } from './hash-pages.ts';
import { slabExtentShift, slabUnitMask, type Slab } from './slab.ts';

/**
 * For each slot (or large collection) pages of (hash, reference) pairs. Within a page the pairs are dense and sorted by hash; a search begins where the hash would
 * be if hashes were spread evenly (they are). Pages of a slot grow in number one by one (linear hashing on the low bits), so no write ever moves more than
 * about a hundred pairs, and iteration in slot order costs nothing per entry.
 *
 *   heads[slot] = pages n, page or directory, counts of the page or capacity of the directory, keys
 *   n = 1: page reference and (pairs | units << 16);  n > 1: directory block of n such pairs of words.
 */
export const headWords = 4;
/** Pairs a page holds on average before the slot gets one more page. */
export const splitPairs = 48;
export const mergePairs = 16;
export const pairsPerUnit = 2;
export const hashBits = 31;
export const countMask = 0xffff;
export const groupShift = 6;

/** The pages: finding one, growing, splitting and merging them. */
export class PageTable {
  readonly slab: Slab;
  heads: Int32Array;
  /** Keys by 64 slots, for drawing one at random. */
  protected groups: Int32Array;
  total = 0;
  // Where the last `first`, `next` or `openPage` stands.
  protected words: Int32Array = new Int32Array(0);
  protected base = 0;
  protected count = 0;
  protected position = 0;
  protected hash = 0;
  /** Table in which the last `first` still stands: nothing has been opened or changed since. -1: none. */
  protected standing = -1;
  // Where the meta words of the last located page are.
  protected metaWords: Int32Array;
  protected metaAt = 0;

  /** `tables`: slots of the shard, or tables of large collections (then more are added as needed). */
  constructor(slab: Slab, tables = slotCount) {
    this.slab = slab;
    this.heads = new Int32Array(tables * headWords);
    this.groups = new Int32Array((tables >> groupShift) + 1);
    this.metaWords = this.heads;
  }

  /** Makes room for tables below `count`. */
  growTo(count: number): void {
    if (this.heads.length >= count * headWords) return;
    const tables = Math.max(count, (this.heads.length / headWords) * 2);
    const heads = new Int32Array(tables * headWords);
    heads.set(this.heads);
    this.heads = heads;
    this.standing = -1;
    const groups = new Int32Array((tables >> groupShift) + 1);
    groups.set(this.groups);
    this.groups = groups;
  }

  /** Gives the table's last page back, whatever it holds; false when there was none. For tables that are being taken apart. */
  dropLastPage(table: number): boolean {
    const head = table * headWords;
    const pages = this.heads[head];
    if (pages === 0) return false;
    this.openMeta(table, pages - 1);
    const count = this.openPairs();
    const units = this.metaWords[this.metaAt + 1] >>> 16;
    if (units > 0) this.slab.free(this.metaWords[this.metaAt], units << 4);
    this.total -= count;
    this.groups[table >> groupShift] -= count;
    this.heads[head + 3] -= count;
    if (pages > 1) {
      this.#dropDirectoryEntry(table, pages - 1);
    } else {
      this.heads[head] = 0;
      this.heads[head + 1] = 0;
      this.heads[head + 2] = 0;
    }
    return true;
  }

  /** Forgets everything; the slab's owner clears the slab. */
  clear(): void {
    this.heads.fill(0);
    this.groups.fill(0);
    this.total = 0;
    this.standing = -1;
  }

  /** Finds the page of the hash; returns its number of pairs. */
  protected locate(slot: number, hash: number): number {
    const heads = this.heads;
    const head = slot * headWords;
    const pages = heads[head];
    let meta: number;
    let page: number;
    if (pages <= 1) {
      this.metaWords = heads;
      this.metaAt = head + 1;
      page = heads[head + 1];
      meta = heads[head + 2];
    } else {
      const directory = heads[head + 1];
      const words = this.slab.words[directory >>> slabExtentShift];
      const at = ((directory & slabUnitMask) << 2) + (pageOf(pages, hash) << 1);
      this.metaWords = words;
      this.metaAt = at;
      page = words[at];
      meta = words[at + 1];
    }
    const count = meta & countMask;
    this.count = count;
    this.position = 0;
    if (count !== 0) {
      this.words = this.slab.words[page >>> slabExtentShift];
      this.base = (page & slabUnitMask) << 2;
    }
    return count;
  }

  protected openMeta(slot: number, page: number): void {
    this.standing = -1;
    const head = slot * headWords;
    if (this.heads[head] <= 1) {
      this.metaWords = this.heads;
      this.metaAt = head + 1;
      return;
    }
    const directory = this.heads[head + 1];
    this.metaWords = this.slab.words[directory >>> slabExtentShift];
    this.metaAt = ((directory & slabUnitMask) << 2) + (page << 1);
  }

  protected openPairs(): number {
    const page = this.metaWords[this.metaAt];
    this.count = this.metaWords[this.metaAt + 1] & countMask;
    if (page !== 0) {
      this.words = this.slab.words[page >>> slabExtentShift];
      this.base = (page & slabUnitMask) << 2;
    }
    return this.count;
  }

  protected firstPage(slot: number): void {
    const head = slot * headWords;
    this.heads[head] = 1;
    this.heads[head + 1] = 0;
    this.heads[head + 2] = 0;
    this.metaWords = this.heads;
    this.metaAt = head + 1;
  }

  /** Moves the current page's pairs into a block of `units`. */
  protected resize(count: number, units: number): void {
    const old = this.metaWords[this.metaAt];
    const oldUnits = this.metaWords[this.metaAt + 1] >>> 16;
    let ref = 0;
    if (units > 0) {
      ref = this.slab.alloc(units << 4);
      const words = this.slab.words[ref >>> slabExtentShift];
      const base = (ref & slabUnitMask) << 2;
      const from = this.words;
      const fromBase = this.base;
      for (let i = 0, end = count << 1; i < end; i++) words[base + i] = from[fromBase + i];
      this.words = words;
      this.base = base;
    }
    if (oldUnits > 0) this.slab.free(old, oldUnits << 4);
    this.metaWords[this.metaAt] = ref;
    this.metaWords[this.metaAt + 1] = count | (units << 16);
  }

  /** Shares the pairs of page n - 2^d out between it and the new page n. */
  protected split(slot: number, pages: number): void {
    this.#addDirectoryEntry(slot, pages);
    const depth = 31 - Math.clz32(pages);
    const bit = 1 << depth;
    const source = pages - bit;
    this.openMeta(slot, source);
    const count = this.openPairs();
    const from = this.words;
    const fromBase = this.base;
    let moving = 0;
    for (let i = 0; i < count; i++) if ((from[fromBase + (i << 1)] & bit) !== 0) moving++;
    this.openMeta(slot, pages);
    this.resize(0, moving === 0 ? 0 : unitsFor(moving));
    const to = this.words;
    const toBase = this.base;
    let kept = 0;
    let moved = 0;
    for (let i = 0; i < count; i++) {
      const hash = from[fromBase + (i << 1)];
      const ref = from[fromBase + (i << 1) + 1];
      const into = (hash & bit) !== 0 ? to : from;
      const at = (hash & bit) !== 0 ? toBase + (moved++ << 1) : fromBase + (kept++ << 1);
      into[at] = hash;
      into[at + 1] = ref;
    }
    this.metaWords[this.metaAt + 1] += moved;
    this.openMeta(slot, source);
    this.openPairs();
    this.resize(kept, kept === 0 ? 0 : unitsFor(kept));
  }

  #addDirectoryEntry(slot: number, pages: number): void {
    const head = slot * headWords;
    const heads = this.heads;
    const capacity = pages === 1 ? 0 : heads[head + 2];
    if (pages >= capacity) {
      const larger = Math.max(2, capacity * 2);
      const ref = this.slab.alloc(larger << 3);
      const words = this.slab.words[ref >>> slabExtentShift];
      const base = (ref & slabUnitMask) << 2;
      if (pages === 1) {
        words[base] = heads[head + 1];
        words[base + 1] = heads[head + 2];
      } else {
        const old = heads[head + 1];
        const oldWords = this.slab.words[old >>> slabExtentShift];
        const oldBase = (old & slabUnitMask) << 2;
        words.set(oldWords.subarray(oldBase, oldBase + (pages << 1)), base);
        this.slab.free(old, capacity << 3);
      }
      heads[head + 1] = ref;
      heads[head + 2] = larger;
    }
    heads[head] = pages + 1;
    this.openMeta(slot, pages);
    this.metaWords[this.metaAt] = 0;
    this.metaWords[this.metaAt + 1] = 0;
  }

  /** Puts the pairs of the last page back into the page that they were split from. */
  protected merge(slot: number, pages: number): void {
    const last = pages - 1;
    const into = last - (1 << (31 - Math.clz32(last)));
    this.openMeta(slot, last);
    const count = this.openPairs();
    const from = this.words;
    const fromBase = this.base;
    const fromRef = this.metaWords[this.metaAt];
    const fromUnits = this.metaWords[this.metaAt + 1] >>> 16;
    this.openMeta(slot, into);
    const kept = this.openPairs();
    if (count > 0) {
      const needed = unitsFor(kept + count);
      if (needed !== this.metaWords[this.metaAt + 1] >>> 16) this.resize(kept, needed);
      this.#mergePairs(kept, from, fromBase, count);
      this.metaWords[this.metaAt + 1] += count;
      this.slab.free(fromRef, fromUnits << 4);
    }
    this.#dropDirectoryEntry(slot, last);
  }

  #mergePairs(kept: number, from: Int32Array, fromBase: number, count: number): void {
    const to = this.words;
    const base = this.base;
    let a = kept - 1;
    let b = count - 1;
    for (let target = kept + count - 1; b >= 0; target--) {
      const own = a >= 0 && to[base + (a << 1)] > from[fromBase + (b << 1)];
      const source = own ? to : from;
      const at = own ? base + (a-- << 1) : fromBase + (b-- << 1);
      to[base + (target << 1)] = source[at];
      to[base + (target << 1) + 1] = source[at + 1];
    }
  }

  #dropDirectoryEntry(slot: number, pages: number): void {
    const head = slot * headWords;
    const heads = this.heads;
    heads[head] = pages;
    const directory = heads[head + 1];
    const capacity = heads[head + 2];
    const words = this.slab.words[directory >>> slabExtentShift];
    const base = (directory & slabUnitMask) << 2;
    if (pages === 1) {
      heads[head + 1] = words[base];
      heads[head + 2] = words[base + 1];
      this.slab.free(directory, capacity << 3);
    } else if (capacity > 4 && pages * 4 <= capacity) {
      const smaller = this.slab.alloc((capacity >> 1) << 3);
      const target = this.slab.words[smaller >>> slabExtentShift];
      target.set(words.subarray(base, base + (pages << 1)), (smaller & slabUnitMask) << 2);
      this.slab.free(directory, capacity << 3);
      heads[head + 1] = smaller;
      heads[head + 2] = capacity >> 1;
    }
    if (heads[head + 3] === 0 && pages === 1 && heads[head + 2] >>> 16 === 0) heads[head] = 0;
  }
}
