import type { EntrySource } from './policy.ts';

/**
 * A queue of references in which every entry knows its place (the low 28 bits of its eviction word), so that any can be taken out in O(1); the gaps that this leaves are
 * passed over, and slid away when there are too many. Places rise with time; they and the chunks that hold the cells wrap around.
 */
export const placeMask = 0xfffffff;
const chunkShift = 12;
const chunkCells = 1 << chunkShift;
const chunkMask = chunkCells - 1;
const chunkTableSize = (placeMask + 1) >>> chunkShift;
const maxSpareChunks = 4;
/** Gaps that do not matter. */
const tolerableGaps = 64;
/** Cells that one operation slides while there are too many gaps. */
const slideStep = 4;
const noPlace = -1;
const tagMask = 3 << 28;

export class RefQueue {
  /** Entries in the queue. */
  size = 0;
  /** Their weight together (`EntrySource.weightOf`). */
  weight = 0;
  /** Place of the oldest cell and of the next new one. */
  head = 0;
  tail = 0;
  readonly #entries: EntrySource;
  readonly #tag: number;
  readonly #chunks: (Int32Array | undefined)[] = [];
  #chunkCount = 0;
  readonly #spare: Int32Array[] = [];
  // Sliding: cells above `#write` are done, those below `#read` are not; between them all is empty.
  #read = noPlace;
  #write = 0;
  /** A place that has to follow when cells slide (the hand of SIEVE). */
  hand = noPlace;

  /** `tag`: what stands in bits 28–29 of the words of this queue's entries. */
  constructor(entries: EntrySource, tag: number) {
    this.#entries = entries;
    this.#tag = tag << 28;
  }

  get memoryBytes(): number {
    return (this.#chunkCount + this.#spare.length) * chunkCells * 4;
  }

  /** Distance of a place from the newest. */
  ageOf(place: number): number {
    return (this.tail - place) & placeMask;
  }

  /** Puts an entry behind all others; bits 30–31 of its word are kept. */
  push(ref: number): void {
    const place = this.tail;
    let chunk = this.#chunks[place >>> chunkShift];
    if (chunk === undefined) chunk = this.#addChunk(place);
    chunk[place & chunkMask] = ref;
    this.#setPlace(ref, place);
    this.tail = (place + 1) & placeMask;
    this.size++;
    this.weight += this.#entries.weightOf(ref);
    this.#tidy();
  }

  /** Takes an entry of this queue out. */
  remove(ref: number): void {
    const place = this.#entries.evictionWord(ref) & placeMask;
    (this.#chunks[place >>> chunkShift] as Int32Array)[place & chunkMask] = 0;
    this.size--;
    this.weight -= this.#entries.weightOf(ref);
    if (place === this.head) this.#skipGaps();
    else this.#tidy();
  }

  /** Whether the entry is in this queue; its word may be anything. */
  holds(ref: number): boolean {
    const word = this.#entries.evictionWord(ref);
    return (word & tagMask) === this.#tag && this.at(word & placeMask) === ref;
  }

  /** An entry lies elsewhere now; false if it is not in this queue. */
  moved(from: number, to: number): boolean {
    const word = this.#entries.evictionWord(to);
    const place = word & placeMask;
    if ((word & tagMask) !== this.#tag || this.at(place) !== from) return false;
    (this.#chunks[place >>> chunkShift] as Int32Array)[place & chunkMask] = to;
    return true;
  }

  /** The entry became newest: takes it out and pushes it. */
  renew(ref: number): void {
    const { weight } = this;
    this.remove(ref);
    this.push(ref);
    this.weight = weight;
  }

  /** The oldest entry, 0 when there is none. */
  oldest(): number {
    if (this.size === 0) return 0;
    this.#skipGaps();
    return this.at(this.head);
  }

  at(place: number): number {
    const chunk = this.#chunks[place >>> chunkShift];
    return chunk === undefined ? 0 : chunk[place & chunkMask];
  }

  clear(): void {
    this.#chunks.length = 0;
    this.#chunkCount = 0;
    this.#spare.length = 0;
    this.size = 0;
    this.weight = 0;
    this.head = 0;
    this.tail = 0;
    this.#read = noPlace;
    this.hand = noPlace;
  }

  #setPlace(ref: number, place: number): void {
    this.#entries.setEvictionWord(ref, (this.#entries.evictionWord(ref) & 0xc0000000) | this.#tag | place);
  }

  #addChunk(place: number): Int32Array {
    const chunk = this.#spare.pop() ?? new Int32Array(chunkCells);
    chunk.fill(0);
    this.#chunks[place >>> chunkShift] = chunk;
    this.#chunkCount++;
    return chunk;
  }

  #dropChunk(index: number): void {
    const chunk = this.#chunks[index];
    if (chunk === undefined) return;
    this.#chunks[index] = undefined;
    this.#chunkCount--;
    if (this.#spare.length < maxSpareChunks) this.#spare.push(chunk);
  }

  /** Brings `head` to the oldest living cell. */
  #skipGaps(): void {
    while (this.head !== this.tail && this.at(this.head) === 0) {
      const place = this.head;
      if (place === this.#read) this.#read = noPlace;
      this.head = (place + 1) & placeMask;
      if ((this.head & chunkMask) === 0) this.#dropChunk(place >>> chunkShift);
    }
  }

  /** While there are more gaps than cells, slides the cells towards the newest, a few per operation. */
  #tidy(): void {
    if (this.#read === noPlace) {
      const span = (this.tail - this.head) & placeMask;
      if (span <= this.size * 2 + tolerableGaps) return;
      this.#read = (this.tail - 1) & placeMask;
      this.#write = this.#read;
    }
    for (let i = 0; i < slideStep; i++) if (!this.#slideOne()) return;
  }

  #slideOne(): boolean {
    const place = this.#read;
    const ref = this.at(place);
    if (ref !== 0) {
      if (place !== this.#write) {
        (this.#chunks[place >>> chunkShift] as Int32Array)[place & chunkMask] = 0;
        (this.#chunks[this.#write >>> chunkShift] as Int32Array)[this.#write & chunkMask] = ref;
        this.#setPlace(ref, this.#write);
      }
      if (place === this.hand) this.hand = this.#write;
      this.#write = (this.#write - 1) & placeMask;
    } else if (place === this.hand) {
      this.hand = (this.#write + 1) & placeMask;
    }
    if (place !== this.head) {
      this.#read = (place - 1) & placeMask;
      return true;
    }
    this.#read = noPlace;
    this.#finishSliding();
    return false;
  }

  #finishSliding(): void {
    const first = (this.#write + 1) & placeMask;
    for (let index = this.head >>> chunkShift; index !== first >>> chunkShift; index = (index + 1) % chunkTableSize) this.#dropChunk(index);
    this.head = first;
  }
}
