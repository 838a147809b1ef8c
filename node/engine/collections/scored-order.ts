import { compareBytes } from './packed.ts';
import { slabExtentShift, slabUnitMask } from '../slab.ts';
import { chunkBytes, chunkPairs, directoryEntryBytes, rootField, scoredHeaderBytes, type Parts } from './parts.ts';

/**
 * The order of a large sorted set: elements by score, then by member, in chunks; a directory has (chunk, pairs, first score) of each chunk. Ranks are counted over the
 * directory.
 *
 *   chunk: 4 words of header, then the scores (64 bits each), then the references;  directory entry: chunk, pairs, first score
 */
const scoresAt = 2;
const refsAt = 4 + chunkPairs * 2;
const initialCapacity = 4;
const entryWords = directoryEntryBytes / 4;

export class ScoredOrder {
  readonly #parts: Parts;
  root = 0;
  /** The place: a chunk of the directory and a position in it. */
  chunk = 0;
  position = 0;
  // The directory.
  #words: Int32Array = new Int32Array(0);
  #doubles: Float64Array = new Float64Array(0);
  #base = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  open(root: number): void {
    this.root = root;
    this.#openDirectory();
  }

  insert(score: number, ref: number): void {
    if (this.#chunks() === 0) this.#addChunk(0);
    const { slab } = this.#parts;
    const extent = ref >>> slabExtentShift;
    const at = (ref & slabUnitMask) << 2;
    const member = (at << 2) + scoredHeaderBytes;
    this.#seek(score, slab.bytes[extent], member, slab.words[extent][at], false);
    if (this.#pairs(this.chunk) === chunkPairs) this.#split();
    const { chunk, position } = this;
    const block = this.#block(chunk);
    const words = slab.words[block >>> slabExtentShift];
    const doubles = slab.doubles[block >>> slabExtentShift];
    const base = (block & slabUnitMask) << 2;
    const pairs = this.#pairs(chunk);
    for (let i = pairs; i > position; i--) {
      doubles[(base >> 1) + scoresAt + i] = doubles[(base >> 1) + scoresAt + i - 1];
      words[base + refsAt + i] = words[base + refsAt + i - 1];
    }
    doubles[(base >> 1) + scoresAt + position] = score;
    words[base + refsAt + position] = ref;
    this.#setPairs(chunk, pairs + 1);
    if (position === 0) this.#doubles[this.#first(chunk)] = score;
  }

  /** Takes out the element with this score and member. */
  remove(score: number, bytes: Uint8Array, start: number, length: number): void {
    this.#seek(score, bytes, start, length, false);
    // The first of a chunk is found as the place behind the chunk before.
    if (this.position === this.#pairs(this.chunk)) {
      this.chunk++;
      this.position = 0;
    }
    this.removeHere();
  }

  /** Takes out the element at the place; the place is then the element behind it (perhaps behind the chunk). */
  removeHere(): void {
    const { slab } = this.#parts;
    const { chunk, position } = this;
    const block = this.#block(chunk);
    const words = slab.words[block >>> slabExtentShift];
    const doubles = slab.doubles[block >>> slabExtentShift];
    const base = (block & slabUnitMask) << 2;
    const pairs = this.#pairs(chunk) - 1;
    for (let i = position; i < pairs; i++) {
      doubles[(base >> 1) + scoresAt + i] = doubles[(base >> 1) + scoresAt + i + 1];
      words[base + refsAt + i] = words[base + refsAt + i + 1];
    }
    this.#setPairs(chunk, pairs);
    if (pairs === 0) this.#dropChunk(chunk);
    else if (position === 0) this.#doubles[this.#first(chunk)] = doubles[(base >> 1) + scoresAt];
  }

  /** Elements before the first one that is not below (score, member); with `orEqual`, below or equal. */
  rank(score: number, bytes: Uint8Array, start: number, length: number, orEqual: boolean): number {
    if (this.#chunks() === 0) return 0;
    this.#seek(score, bytes, start, length, orEqual);
    return this.#rankOfPlace();
  }

  /** Elements with a score below `score`; with `orEqual`, below or equal. */
  rankOfScore(score: number, orEqual: boolean): number {
    const chunks = this.#chunks();
    if (chunks === 0) return 0;
    let low = 0;
    let high = chunks - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      const first = this.#doubles[this.#first(middle)];
      if (orEqual ? first <= score : first < score) low = middle;
      else high = middle - 1;
    }
    this.chunk = low;
    const block = this.#block(low);
    const doubles = this.#parts.slab.doubles[block >>> slabExtentShift];
    const base = (((block & slabUnitMask) << 2) >> 1) + scoresAt;
    let from = 0;
    let to = this.#pairs(low);
    while (from < to) {
      const middle = (from + to) >> 1;
      const own = doubles[base + middle];
      if (orEqual ? own <= score : own < score) from = middle + 1;
      else to = middle;
    }
    this.position = from;
    return this.#rankOfPlace();
  }

  /** The place is the element of this rank (0 … size - 1). */
  seekRank(rank: number): void {
    let left = rank;
    let chunk = 0;
    for (let pairs = this.#pairs(0); left >= pairs; pairs = this.#pairs(++chunk)) left -= pairs;
    this.chunk = chunk;
    this.position = left;
  }

  /** Goes on to the next or previous element; false at the end. */
  step(forward: boolean): boolean {
    if (forward) {
      if (++this.position < this.#pairs(this.chunk)) return true;
      if (this.chunk + 1 >= this.#chunks()) return false;
      this.chunk++;
      this.position = 0;
      return true;
    }
    if (--this.position >= 0) return true;
    if (this.chunk === 0) return false;
    this.chunk--;
    this.position = this.#pairs(this.chunk) - 1;
    return true;
  }

  /** Reference of the element at the place. */
  here(): number {
    const block = this.#block(this.chunk);
    return this.#parts.slab.words[block >>> slabExtentShift][((block & slabUnitMask) << 2) + refsAt + this.position];
  }

  #rankOfPlace(): number {
    let rank = this.position;
    for (let i = 0; i < this.chunk; i++) rank += this.#pairs(i);
    return rank;
  }

  /** The place is the first element not below (score, member), or with `orEqual` the first above; it may be behind the last of its chunk. */
  #seek(score: number, bytes: Uint8Array, start: number, length: number, orEqual: boolean): void {
    let low = 0;
    let high = this.#chunks() - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#below(middle, 0, score, bytes, start, length, orEqual)) low = middle;
      else high = middle - 1;
    }
    this.chunk = low;
    let from = 0;
    let to = this.#pairs(low);
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.#below(low, middle, score, bytes, start, length, orEqual)) from = middle + 1;
      else to = middle;
    }
    this.position = from;
  }

  #below(chunk: number, position: number, score: number, bytes: Uint8Array, start: number, length: number, orEqual: boolean): boolean {
    const { slab } = this.#parts;
    const block = this.#block(chunk);
    const base = (block & slabUnitMask) << 2;
    const own = position === 0 ? this.#doubles[this.#first(chunk)] : slab.doubles[block >>> slabExtentShift][(base >> 1) + scoresAt + position];
    if (own !== score) return own < score;
    const ref = slab.words[block >>> slabExtentShift][base + refsAt + position];
    const extent = ref >>> slabExtentShift;
    const at = (ref & slabUnitMask) << 2;
    const order = compareBytes(slab.bytes[extent], (at << 2) + scoredHeaderBytes, slab.words[extent][at], bytes, start, length);
    return orEqual ? order <= 0 : order < 0;
  }

  /** Halves the chunk of the place; the place follows. */
  #split(): void {
    const { slab } = this.#parts;
    const { chunk } = this;
    const half = chunkPairs >> 1;
    this.#addChunk(chunk + 1);
    const from = this.#block(chunk);
    const to = this.#block(chunk + 1);
    const fromDoubles = slab.doubles[from >>> slabExtentShift];
    const toDoubles = slab.doubles[to >>> slabExtentShift];
    const fromWords = slab.words[from >>> slabExtentShift];
    const toWords = slab.words[to >>> slabExtentShift];
    const fromBase = (from & slabUnitMask) << 2;
    const toBase = (to & slabUnitMask) << 2;
    for (let i = half; i < chunkPairs; i++) {
      toDoubles[(toBase >> 1) + scoresAt + i - half] = fromDoubles[(fromBase >> 1) + scoresAt + i];
      toWords[toBase + refsAt + i - half] = fromWords[fromBase + refsAt + i];
    }
    this.#setPairs(chunk, half);
    this.#setPairs(chunk + 1, chunkPairs - half);
    this.#doubles[this.#first(chunk + 1)] = toDoubles[(toBase >> 1) + scoresAt];
    if (this.position > half) {
      this.chunk = chunk + 1;
      this.position -= half;
    }
  }

  #addChunk(index: number): void {
    const parts = this.#parts;
    const chunks = this.#chunks();
    const capacity = parts.field(this.root, rootField.capacity);
    const before = parts.slab.usedBytes;
    if (chunks === capacity) this.#growDirectory(chunks, capacity);
    const block = parts.slab.alloc(chunkBytes);
    this.#words.copyWithin(this.#base + (index + 1) * entryWords, this.#base + index * entryWords, this.#base + chunks * entryWords);
    this.#words[this.#base + index * entryWords] = block;
    this.#words[this.#base + index * entryWords + 1] = 0;
    parts.setField(this.root, rootField.chunks, chunks + 1);
    this.#addBytes(parts.slab.usedBytes - before);
  }

  #growDirectory(chunks: number, capacity: number): void {
    const parts = this.#parts;
    const old = parts.field(this.root, rootField.directory);
    const larger = capacity === 0 ? initialCapacity : capacity * 2;
    const block = parts.slab.alloc(larger * directoryEntryBytes);
    const words = parts.slab.words[block >>> slabExtentShift];
    if (chunks > 0) words.set(this.#words.subarray(this.#base, this.#base + chunks * entryWords), (block & slabUnitMask) << 2);
    if (old !== 0) parts.slab.free(old, capacity * directoryEntryBytes);
    parts.setField(this.root, rootField.directory, block);
    parts.setField(this.root, rootField.capacity, larger);
    this.#openDirectory();
  }

  #dropChunk(index: number): void {
    const parts = this.#parts;
    const chunks = this.#chunks();
    const before = parts.slab.usedBytes;
    parts.slab.free(this.#block(index), chunkBytes);
    this.#words.copyWithin(this.#base + index * entryWords, this.#base + (index + 1) * entryWords, this.#base + chunks * entryWords);
    parts.setField(this.root, rootField.chunks, chunks - 1);
    this.#addBytes(parts.slab.usedBytes - before);
  }

  #openDirectory(): void {
    const { slab } = this.#parts;
    const directory = this.#parts.field(this.root, rootField.directory);
    if (directory === 0) return;
    this.#words = slab.words[directory >>> slabExtentShift];
    this.#doubles = slab.doubles[directory >>> slabExtentShift];
    this.#base = (directory & slabUnitMask) << 2;
  }

  #addBytes(difference: number): void {
    this.#parts.setField(this.root, rootField.bytes, this.#parts.field(this.root, rootField.bytes) + difference / 16);
  }

  #chunks(): number {
    return this.#parts.field(this.root, rootField.chunks);
  }

  #block(chunk: number): number {
    return this.#words[this.#base + chunk * entryWords];
  }

  #pairs(chunk: number): number {
    return this.#words[this.#base + chunk * entryWords + 1];
  }

  #setPairs(chunk: number, pairs: number): void {
    this.#words[this.#base + chunk * entryWords + 1] = pairs;
  }

  /** Index of the chunk's first score in the directory's doubles. */
  #first(chunk: number): number {
    return (this.#base >> 1) + chunk * (entryWords / 2) + 1;
  }
}
