import { mix } from './hash.ts';
import { depthOf, pageOf, reverseBits, unitsFor } from './hash-pages.ts';
import { groupShift, hashBits, headWords, mergePairs, PageTable, pairsPerUnit, splitPairs } from './page-table.ts';

/** More pairs than a page usually has. */
const drawBound = 2 * splitPairs;

/**
 * Where entries are: a table of (hash, reference) pairs for each slot (page-table.ts). A search begins where the hash would be if hashes were spread evenly (they
 * are) and goes on to the left or right.
 */
export class SlotIndex extends PageTable {
  keysIn(slot: number): number {
    return this.heads[slot * headWords + 3];
  }

  get memoryBytes(): number {
    return this.slab.committedBytes + this.heads.byteLength;
  }

  /** Reads the pair where the hash is expected. */
  touch(slot: number, hash: number): number {
    const count = this.locate(slot, hash);
    if (count === 0) return 0;
    return this.words[this.base + ((((hash >>> 15) * count) >>> 16) << 1)];
  }

  /** Reference of the first entry with this hash in the slot, 0 if there is none; `next` goes on. */
  first(slot: number, hash: number): number {
    const count = this.locate(slot, hash);
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
    this.hash = hash;
    if (position === count || words[base + (position << 1)] !== hash) return 0;
    return words[base + (position << 1) + 1];
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
