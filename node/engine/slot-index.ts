import { slotCount } from '../../shared/slots/crc16.ts';
import { mix } from './hash.ts';
import { blockBytes, slabExtentShift, slabUnitMask, type Slab } from './slab.ts';

/**
 * Where entries are: for each slot pages of (hash, reference) pairs. Within a page the pairs are dense and sorted by hash; a search begins where the hash would
 * be if hashes were spread evenly (they are). Pages of a slot grow in number one by one (linear hashing on the low bits), so no write ever moves more than
 * about a hundred pairs, and iteration in slot order costs nothing per entry.
 *
 *   heads[slot] = pages n, page or directory, counts of the page or capacity of the directory, keys
 *   n = 1: page reference and (pairs | units << 16);  n > 1: directory block of n such pairs of words.
 */
const headWords = 4;
/** Pairs a page holds on average before the slot gets one more page. */
const splitPairs = 48;
const mergePairs = 16;
const pairsPerUnit = 2;
const smallUnits = 4;
const hashBits = 31;
const countMask = 0xffff;
const groupShift = 6;
/** More pairs than a page usually has. */
const drawBound = 2 * splitPairs;

export class SlotIndex {
  readonly slab: Slab;
  heads: Int32Array;
  /** Keys by 64 slots, for drawing one at random. */
  #groups: Int32Array;
  total = 0;
  // Where the last `first`, `next` or `openPage` stands.
  #words: Int32Array = new Int32Array(0);
  #base = 0;
  #count = 0;
  #position = 0;
  #hash = 0;
  // Where the meta words of the last located page are.
  #metaWords: Int32Array;
  #metaAt = 0;

  /** `tables`: slots of the shard, or tables of large collections (then more are added as needed). */
  constructor(slab: Slab, tables = slotCount) {
    this.slab = slab;
    this.heads = new Int32Array(tables * headWords);
    this.#groups = new Int32Array((tables >> groupShift) + 1);
    this.#metaWords = this.heads;
  }

  /** Makes room for tables below `count`. */
  growTo(count: number): void {
    if (this.heads.length >= count * headWords) return;
    const tables = Math.max(count, (this.heads.length / headWords) * 2);
    const heads = new Int32Array(tables * headWords);
    heads.set(this.heads);
    this.heads = heads;
    const groups = new Int32Array((tables >> groupShift) + 1);
    groups.set(this.#groups);
    this.#groups = groups;
  }

  keysIn(slot: number): number {
    return this.heads[slot * headWords + 3];
  }

  get memoryBytes(): number {
    return this.slab.committedBytes + this.heads.byteLength;
  }

  /** Reads the pair where the hash is expected. */
  touch(slot: number, hash: number): number {
    const count = this.#locate(slot, hash);
    if (count === 0) return 0;
    return this.#words[this.#base + ((((hash >>> 15) * count) >>> 16) << 1)];
  }

  /** Reference of the first entry with this hash in the slot, 0 if there is none; `next` goes on. */
  first(slot: number, hash: number): number {
    const count = this.#locate(slot, hash);
    if (count === 0) return 0;
    const words = this.#words;
    const base = this.#base;
    let position = ((hash >>> 15) * count) >>> 16;
    if (words[base + (position << 1)] < hash) {
      do position++;
      while (position < count && words[base + (position << 1)] < hash);
    } else {
      while (position > 0 && words[base + (position << 1) - 2] >= hash) position--;
    }
    this.#position = position;
    this.#hash = hash;
    if (position === count || words[base + (position << 1)] !== hash) return 0;
    return words[base + (position << 1) + 1];
  }

  next(): number {
    const position = ++this.#position;
    if (position >= this.#count || this.#words[this.#base + (position << 1)] !== this.#hash) return 0;
    return this.#words[this.#base + (position << 1) + 1];
  }

  /** Changes the reference that the last `first` or `next` returned. Nothing else may have happened in between. */
  setCurrent(ref: number): void {
    this.#words[this.#base + (this.#position << 1) + 1] = ref;
  }

  replace(slot: number, hash: number, ref: number, newRef: number): boolean {
    for (let found = this.first(slot, hash); found !== 0; found = this.next()) {
      if (found !== ref) continue;
      this.setCurrent(newRef);
      return true;
    }
    return false;
  }

  insert(slot: number, hash: number, ref: number): void {
    this.first(slot, hash);
    const count = this.#count;
    if (this.heads[slot * headWords] === 0) this.#firstPage(slot);
    const meta = this.#metaWords[this.#metaAt + 1];
    if (count === (meta >>> 16) * pairsPerUnit) this.#resize(count, unitsFor(count + 1));
    const words = this.#words;
    const at = this.#base + (count === 0 ? 0 : this.#position << 1);
    const end = this.#base + (count << 1);
    if (end - at > 32) words.copyWithin(at + 2, at, end);
    else for (let i = end - 1; i >= at; i--) words[i + 2] = words[i];
    words[at] = hash;
    words[at + 1] = ref;
    this.#metaWords[this.#metaAt + 1]++;
    this.total++;
    this.#groups[slot >> groupShift]++;
    const keys = ++this.heads[slot * headWords + 3];
    const pages = this.heads[slot * headWords];
    if (keys > pages * splitPairs) this.#split(slot, pages);
  }

  remove(slot: number, hash: number, ref: number): boolean {
    for (let found = this.first(slot, hash); found !== 0; found = this.next()) {
      if (found !== ref) continue;
      this.#removeCurrent(slot);
      return true;
    }
    return false;
  }

  /** Gives the table's last page back, whatever it holds; false when there was none. For tables that are being taken apart. */
  dropLastPage(table: number): boolean {
    const head = table * headWords;
    const pages = this.heads[head];
    if (pages === 0) return false;
    this.#openMeta(table, pages - 1);
    const count = this.#openPairs();
    const units = this.#metaWords[this.#metaAt + 1] >>> 16;
    if (units > 0) this.slab.free(this.#metaWords[this.#metaAt], units << 4);
    this.total -= count;
    this.#groups[table >> groupShift] -= count;
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
    this.#groups.fill(0);
    this.total = 0;
  }

  pagesOf(slot: number): number {
    return this.heads[slot * headWords];
  }

  /** Makes the page the current one; returns how many pairs it has (see `hashAt`, `refAt`). */
  openPage(slot: number, page: number): number {
    this.#openMeta(slot, page);
    return this.#openPairs();
  }

  hashAt(position: number): number {
    return this.#words[this.#base + (position << 1)];
  }

  refAt(position: number): number {
    return this.#words[this.#base + (position << 1) + 1];
  }

  /** The page that holds what follows `reversed` in the order of bit-reversed hashes. */
  pageFrom(slot: number, reversed: number): number {
    return pageOf(this.heads[slot * headWords], reverseBits(reversed));
  }

  /** First bit-reversed hash behind the page that `pageFrom` gave; 2^31 at the end of the slot. */
  endOfPage(slot: number, reversed: number): number {
    const pages = this.heads[slot * headWords];
    const page = pageOf(pages, reverseBits(reversed));
    const depth = depthOf(pages, page);
    const shift = hashBits - depth;
    return depth === 0 ? 2 ** hashBits : ((reversed >>> shift) + 1) * 2 ** shift;
  }

  /** Reference of an entry drawn evenly from all by two numbers in [0, 1); 0 when there is none. The current page is then the one that holds it. */
  draw(first: number, second: number): number {
    if (this.total === 0) return 0;
    let rank = Math.min(this.total - 1, Math.floor(first * this.total));
    let group = 0;
    while (rank >= this.#groups[group]) rank -= this.#groups[group++];
    let slot = group << groupShift;
    while (rank >= this.heads[slot * headWords + 3]) rank -= this.heads[slot++ * headWords + 3];
    const pages = this.heads[slot * headWords];
    let page = Math.floor(second * pages);
    let count = this.openPage(slot, page);
    while (count === 0) count = this.openPage(slot, (page = (page + 1) % pages));
    return this.refAt(rank % count);
  }

  /** As `draw`, from one table: pages differ in size, so positions are drawn until one is there. */
  drawFrom(table: number, unit: number): number {
    const pages = this.heads[table * headWords];
    if (pages === 0) return 0;
    let state = (unit * 2 ** 32) | 0;
    let bound = drawBound;
    for (;;) {
      state = mix(state + 0x9e3779b9);
      const count = this.openPage(table, (state >>> 1) % pages);
      if (count > bound) bound = count;
      const position = (mix(state ^ 0x55555555) >>> 1) % bound;
      if (position < count) return this.refAt(position);
    }
  }

  /** Finds the page of the hash; returns its number of pairs. */
  #locate(slot: number, hash: number): number {
    const heads = this.heads;
    const head = slot * headWords;
    const pages = heads[head];
    let meta: number;
    let page: number;
    if (pages <= 1) {
      this.#metaWords = heads;
      this.#metaAt = head + 1;
      page = heads[head + 1];
      meta = heads[head + 2];
    } else {
      const directory = heads[head + 1];
      const words = this.slab.words[directory >>> slabExtentShift];
      const at = ((directory & slabUnitMask) << 2) + (pageOf(pages, hash) << 1);
      this.#metaWords = words;
      this.#metaAt = at;
      page = words[at];
      meta = words[at + 1];
    }
    const count = meta & countMask;
    this.#count = count;
    this.#position = 0;
    if (count !== 0) {
      this.#words = this.slab.words[page >>> slabExtentShift];
      this.#base = (page & slabUnitMask) << 2;
    }
    return count;
  }

  #openMeta(slot: number, page: number): void {
    const head = slot * headWords;
    if (this.heads[head] <= 1) {
      this.#metaWords = this.heads;
      this.#metaAt = head + 1;
      return;
    }
    const directory = this.heads[head + 1];
    this.#metaWords = this.slab.words[directory >>> slabExtentShift];
    this.#metaAt = ((directory & slabUnitMask) << 2) + (page << 1);
  }

  #openPairs(): number {
    const page = this.#metaWords[this.#metaAt];
    this.#count = this.#metaWords[this.#metaAt + 1] & countMask;
    if (page !== 0) {
      this.#words = this.slab.words[page >>> slabExtentShift];
      this.#base = (page & slabUnitMask) << 2;
    }
    return this.#count;
  }

  #firstPage(slot: number): void {
    const head = slot * headWords;
    this.heads[head] = 1;
    this.heads[head + 1] = 0;
    this.heads[head + 2] = 0;
    this.#metaWords = this.heads;
    this.#metaAt = head + 1;
  }

  /** Moves the current page's pairs into a block of `units`. */
  #resize(count: number, units: number): void {
    const old = this.#metaWords[this.#metaAt];
    const oldUnits = this.#metaWords[this.#metaAt + 1] >>> 16;
    let ref = 0;
    if (units > 0) {
      ref = this.slab.alloc(units << 4);
      const words = this.slab.words[ref >>> slabExtentShift];
      const base = (ref & slabUnitMask) << 2;
      const from = this.#words;
      const fromBase = this.#base;
      for (let i = 0, end = count << 1; i < end; i++) words[base + i] = from[fromBase + i];
      this.#words = words;
      this.#base = base;
    }
    if (oldUnits > 0) this.slab.free(old, oldUnits << 4);
    this.#metaWords[this.#metaAt] = ref;
    this.#metaWords[this.#metaAt + 1] = count | (units << 16);
  }

  #removeCurrent(slot: number): void {
    const words = this.#words;
    const end = this.#base + (this.#count << 1) - 2;
    const at = this.#base + (this.#position << 1);
    if (end - at > 32) words.copyWithin(at, at + 2, end + 2);
    else for (let i = at; i < end; i++) words[i] = words[i + 2];
    const count = this.#count - 1;
    const meta = --this.#metaWords[this.#metaAt + 1];
    const units = meta >>> 16;
    const needed = count === 0 ? 0 : unitsFor(count + (count > 8 ? 8 : 2));
    if (needed < units) this.#resize(count, needed);
    this.total--;
    this.#groups[slot >> groupShift]--;
    const head = slot * headWords;
    const keys = --this.heads[head + 3];
    const pages = this.heads[head];
    if (pages > 1 && keys < pages * mergePairs) this.#merge(slot, pages);
    else if (keys === 0) this.heads[head] = 0;
  }

  /** Shares the pairs of page n - 2^d out between it and the new page n. */
  #split(slot: number, pages: number): void {
    this.#addDirectoryEntry(slot, pages);
    const depth = 31 - Math.clz32(pages);
    const bit = 1 << depth;
    const source = pages - bit;
    this.#openMeta(slot, source);
    const count = this.#openPairs();
    const from = this.#words;
    const fromBase = this.#base;
    let moving = 0;
    for (let i = 0; i < count; i++) if ((from[fromBase + (i << 1)] & bit) !== 0) moving++;
    this.#openMeta(slot, pages);
    this.#resize(0, moving === 0 ? 0 : unitsFor(moving));
    const to = this.#words;
    const toBase = this.#base;
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
    this.#metaWords[this.#metaAt + 1] += moved;
    this.#openMeta(slot, source);
    this.#openPairs();
    this.#resize(kept, kept === 0 ? 0 : unitsFor(kept));
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
    this.#openMeta(slot, pages);
    this.#metaWords[this.#metaAt] = 0;
    this.#metaWords[this.#metaAt + 1] = 0;
  }

  /** Puts the pairs of the last page back into the page that they were split from. */
  #merge(slot: number, pages: number): void {
    const last = pages - 1;
    const into = last - (1 << (31 - Math.clz32(last)));
    this.#openMeta(slot, last);
    const count = this.#openPairs();
    const from = this.#words;
    const fromBase = this.#base;
    const fromRef = this.#metaWords[this.#metaAt];
    const fromUnits = this.#metaWords[this.#metaAt + 1] >>> 16;
    this.#openMeta(slot, into);
    const kept = this.#openPairs();
    if (count > 0) {
      const needed = unitsFor(kept + count);
      if (needed !== this.#metaWords[this.#metaAt + 1] >>> 16) this.#resize(kept, needed);
      this.#mergePairs(kept, from, fromBase, count);
      this.#metaWords[this.#metaAt + 1] += count;
      this.slab.free(fromRef, fromUnits << 4);
    }
    this.#dropDirectoryEntry(slot, last);
  }

  #mergePairs(kept: number, from: Int32Array, fromBase: number, count: number): void {
    const to = this.#words;
    const base = this.#base;
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

/** Page of a hash among `pages` (linear hashing). */
function pageOf(pages: number, hash: number): number {
  const depth = 31 - Math.clz32(pages);
  const page = hash & ((2 << depth) - 1);
  return page < pages ? page : page & ((1 << depth) - 1);
}

/** How many low bits all hashes of the page share. */
function depthOf(pages: number, page: number): number {
  if (pages <= 1) return 0;
  const depth = 31 - Math.clz32(pages);
  return page >= 1 << depth || page < pages - (1 << depth) ? depth + 1 : depth;
}

/** Reverses the 31 bits of a hash. */
export function reverseBits(hash: number): number {
  let v = hash << 1;
  v = ((v >>> 1) & 0x55555555) | ((v & 0x55555555) << 1);
  v = ((v >>> 2) & 0x33333333) | ((v & 0x33333333) << 2);
  v = ((v >>> 4) & 0x0f0f0f0f) | ((v & 0x0f0f0f0f) << 4);
  v = ((v >>> 8) & 0x00ff00ff) | ((v & 0x00ff00ff) << 8);
  return ((v >>> 16) | (v << 16)) & 0x7fffffff;
}

/** 16-byte units of the block for `pairs`: even pairs up to eight, then whole cache lines. */
function unitsFor(pairs: number): number {
  const units = (pairs + 1) >> 1;
  return units <= smallUnits ? units : blockBytes(((units + 3) & ~3) << 4) >> 4;
}
