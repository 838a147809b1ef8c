import { mix } from './hash.ts';
import { depthOf, pageOf, reverseBits, unitsFor } from './hash-pages.ts';
import { countMask, groupShift, hashBits, headWords, mergePairs, PageTable, pairsPerUnit, splitPairs } from './page-table.ts';
import { slabExtentShift, slabUnitMask } from './slab.ts';

/** Look-ups that one batch may have. */
export const maxBatch = 64;
/** More pairs than a page usually has. */
const drawBound = 2 * splitPairs;

/**
 * Where entries are: a table of (hash, reference) pairs for each slot (page-table.ts). A search begins where the hash would be if hashes were spread evenly (they
 * are) and goes on to the left or right.
 */
export class SlotIndex extends PageTable {
  readonly #batchPages = new Int32Array(maxBatch);
  readonly #batchPairs = new Int32Array(maxBatch);
  /** Where the `first` that stands found its hash, or would have. */
  #firstPosition = 0;
  /** What `findAll` read ahead; kept so that the reads are not optimised away. */
  touched = 0;

  keysIn(slot: number): number {
    return this.heads[slot * headWords + 3];
  }

  get memoryBytes(): number {
    return this.slab.committedBytes + this.heads.byteLength;
  }

  /**
   * References of the first entries with these hashes, 0 where there is none, for up to `maxBatch` look-ups at once (slot -1: none wanted). Step by step for all, so that the
   * cache misses of each step overlap: no branch waits for a load of its own step.
   */
  findAll(hashes: Int32Array, slots: Int32Array, count: number, refs: Int32Array): void {
    const pages = this.#batchPages;
    const pairs = this.#batchPairs;
    const slabWords = this.slab.words;
    this.#locateAll(hashes, slots, count);
    let touched = 0;
    for (let i = 0; i < count; i++) {
      const page = pages[i];
      const words = slabWords[page >>> slabExtentShift];
      if (page !== 0) touched ^= words[((page & slabUnitMask) << 2) + ((((hashes[i] >>> 15) * pairs[i]) >>> 16) << 1)];
    }
    this.touched = touched;
    for (let i = 0; i < count; i++) refs[i] = pages[i] === 0 ? 0 : searchPage(slabWords[pages[i] >>> slabExtentShift], (pages[i] & slabUnitMask) << 2, pairs[i], hashes[i]);
  }

  /** The page of each look-up (0: none) and how many pairs it has. */
  #locateAll(hashes: Int32Array, slots: Int32Array, count: number): void {
    const { heads } = this;
    const pages = this.#batchPages;
    const pairs = this.#batchPairs;
    const slabWords = this.slab.words;
    for (let i = 0; i < count; i++) {
      const head = slots[i] * headWords;
      const pagesInSlot = head < 0 ? 0 : heads[head];
      if (pagesInSlot <= 1) {
        pages[i] = pagesInSlot === 0 ? 0 : heads[head + 1];
        pairs[i] = pagesInSlot === 0 ? 0 : heads[head + 2] & countMask;
      } else {
        const directory = heads[head + 1];
        const words = slabWords[directory >>> slabExtentShift];
        const at = ((directory & slabUnitMask) << 2) + (pageOf(pagesInSlot, hashes[i]) << 1);
        pages[i] = words[at];
        pairs[i] = words[at + 1] & countMask;
      }
    }
  }

  /** Reference of the first entry with this hash in the slot, 0 if there is none; `next` goes on. */
  first(slot: number, hash: number): number {
    // Commands ask for their key more than once: before they change it, to make room, to write.
    if (slot === this.standing && hash === this.hash) return this.#again();
    const count = this.locate(slot, hash);
    this.hash = hash;
    this.standing = slot;
    this.#firstPosition = 0;
    if (count === 0) return 0;
    const words = this.words;
    const base = this.base;
    let position = ((hash >>> 15) * count) >>> 16;
    if (words[base + (position << 1)] < hash) {
      do position++;
      while (position < count && words[base + (position << 1)] < hash);
    } else {
      while (position > 0 && words[base + (position << 1) - 2] >= hash) position--;
    }
    this.position = position;
    this.#firstPosition = position;
    if (position === count || words[base + (position << 1)] !== hash) return 0;
    return words[base + (position << 1) + 1];
  }

  #again(): number {
    const position = this.#firstPosition;
    this.position = position;
    if (position >= this.count || this.words[this.base + (position << 1)] !== this.hash) return 0;
    return this.words[this.base + (position << 1) + 1];
  }

  next(): number {
    const position = ++this.position;
    if (position >= this.count || this.words[this.base + (position << 1)] !== this.hash) return 0;
    return this.words[this.base + (position << 1) + 1];
  }

  /** Changes the reference that the last `first` or `next` returned. Nothing else may have happened in between. */
  setCurrent(ref: number): void {
    this.words[this.base + (this.position << 1) + 1] = ref;
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
    this.standing = -1;
    const count = this.count;
    if (this.heads[slot * headWords] === 0) this.firstPage(slot);
    const meta = this.metaWords[this.metaAt + 1];
    if (count === (meta >>> 16) * pairsPerUnit) this.resize(count, unitsFor(count + 1));
    const words = this.words;
    const at = this.base + (count === 0 ? 0 : this.position << 1);
    const end = this.base + (count << 1);
    if (end - at > 32) words.copyWithin(at + 2, at, end);
    else for (let i = end - 1; i >= at; i--) words[i + 2] = words[i];
    words[at] = hash;
    words[at + 1] = ref;
    this.metaWords[this.metaAt + 1]++;
    this.total++;
    this.groups[slot >> groupShift]++;
    const keys = ++this.heads[slot * headWords + 3];
    const pages = this.heads[slot * headWords];
    if (keys > pages * splitPairs) this.split(slot, pages);
  }

  remove(slot: number, hash: number, ref: number): boolean {
    for (let found = this.first(slot, hash); found !== 0; found = this.next()) {
      if (found !== ref) continue;
      this.#removeCurrent(slot);
      return true;
    }
    return false;
  }

  pagesOf(slot: number): number {
    return this.heads[slot * headWords];
  }

  /** Makes the page the current one; returns how many pairs it has (see `hashAt`, `refAt`). */
  openPage(slot: number, page: number): number {
    this.openMeta(slot, page);
    return this.openPairs();
  }

  hashAt(position: number): number {
    return this.words[this.base + (position << 1)];
  }

  refAt(position: number): number {
    return this.words[this.base + (position << 1) + 1];
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
    while (rank >= this.groups[group]) rank -= this.groups[group++];
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

  #removeCurrent(slot: number): void {
    this.standing = -1;
    const words = this.words;
    const end = this.base + (this.count << 1) - 2;
    const at = this.base + (this.position << 1);
    if (end - at > 32) words.copyWithin(at, at + 2, end + 2);
    else for (let i = at; i < end; i++) words[i] = words[i + 2];
    const count = this.count - 1;
    const meta = --this.metaWords[this.metaAt + 1];
    const units = meta >>> 16;
    const needed = count === 0 ? 0 : unitsFor(count + (count > 8 ? 8 : 2));
    if (needed < units) this.resize(count, needed);
    this.total--;
    this.groups[slot >> groupShift]--;
    const head = slot * headWords;
    const keys = --this.heads[head + 3];
    const pages = this.heads[head];
    if (pages > 1 && keys < pages * mergePairs) this.merge(slot, pages);
    else if (keys === 0) this.heads[head] = 0;
  }
}

/** Reference of the first of a page's pairs with this hash; 0 if there is none. */
function searchPage(words: Int32Array, base: number, pairs: number, hash: number): number {
  if (pairs === 0) return 0;
  let position = ((hash >>> 15) * pairs) >>> 16;
  if (words[base + (position << 1)] < hash) {
    do position++;
    while (position < pairs && words[base + (position << 1)] < hash);
    if (position === pairs) return 0;
  } else {
    while (position > 0 && words[base + (position << 1) - 2] >= hash) position--;
  }
  return words[base + (position << 1)] === hash ? words[base + (position << 1) + 1] : 0;
}
