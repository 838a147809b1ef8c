import { adviseHugePages } from '../io/huge-pages.ts';

/**
 * Off-heap memory in blocks that never move: index pages and the parts of large collections. Extents of 32 MiB are cut into chunks of 64 KiB; a
 * chunk serves one size class and goes back to the pool when its last block is freed. A reference counts 16-byte units, 0 is none.
 */
const extentBytes = 32 * 1024 * 1024;
const chunkBytes = 64 * 1024;
const unitBytes = 16;
export const slabExtentShift = 21;
export const slabUnitMask = (1 << slabExtentShift) - 1;
const chunksPerExtent = extentBytes / chunkBytes;
const unitsPerChunk = chunkBytes / unitBytes;
const smallLimitBytes = 512;
const blockLimitBytes = chunkBytes / 2;
/** Where malloc puts a large buffer is 16 bytes into a page: this much more makes lines of 64 bytes begin at multiples of 64. */
const alignmentBytes = 48;
/** glibc serves what is larger than 32 MiB from mmap, so freeing an extent gives its memory back at once. */
const extentMarginBytes = 64 * 1024;

const classBytes: readonly number[] = sizeClasses();
const classOfUnits = classTable();
const noChunk = -1;
const freeChunk = 255;
const runHead = 254;
const runTail = 253;

function sizeClasses(): number[] {
  const sizes: number[] = [];
  for (let size = unitBytes; size <= smallLimitBytes; size += unitBytes) sizes.push(size);
  for (let size = 640; size <= blockLimitBytes; size = Math.ceil((size * 1.25) / 64) * 64) sizes.push(size);
  sizes.push(blockLimitBytes);
  return [...new Set(sizes)];
}

function classTable(): Uint8Array {
  const table = new Uint8Array(blockLimitBytes / unitBytes + 1);
  let current = 0;
  for (let units = 1; units < table.length; units++) {
    if (units * unitBytes > classBytes[current]) current++;
    table[units] = current;
  }
  return table;
}

/** Size of the block that `alloc(bytes)` hands out. */
export function blockBytes(bytes: number): number {
  if (bytes <= blockLimitBytes) return classBytes[classOfUnits[(bytes + unitBytes - 1) >> 4]];
  return Math.ceil(bytes / chunkBytes) * chunkBytes;
}

/** One extent's memory, aligned to cache lines. */
export interface ExtentMemory {
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  readonly doubles: Float64Array;
}

/** Of the first extent of each kind so much has small pages, so that a little store takes little. */
export const smallPagesBytes = 4 * 1024 * 1024;

/** `isFirst`: whoever fills it asks for huge pages when `smallPagesBytes` are in use. */
export function newExtent(bytes: number, isFirst: boolean): ExtentMemory {
  const buffer = new ArrayBuffer(bytes + extentMarginBytes);
  if (!isFirst) adviseHugePages(buffer, 0);
  return viewsOf(buffer, viewedBytes(bytes));
}

/** Half of the margin can be read, so that looking a line ahead needs no check. */
function viewedBytes(bytes: number): number {
  return bytes + extentMarginBytes / 2;
}

function viewsOf(buffer: ArrayBufferLike, viewed: number): ExtentMemory {
  return {
    words: new Int32Array(buffer, alignmentBytes, viewed >>> 2),
    bytes: new Uint8Array(buffer, alignmentBytes, viewed),
    doubles: new Float64Array(buffer, alignmentBytes, viewed >>> 3),
  };
}

/** Gives the extent's memory back to the system now, not at some later garbage collection. */
function freeExtent(words: Int32Array): void {
  (words.buffer as ArrayBuffer).transfer(0);
}

/** Extents that nobody uses any more: giving one back takes a few milliseconds, so it is done one at a time, between commands. */
export class ExtentBin {
  readonly #extents: Int32Array[] = [];
  /** Memory that is still to be given back. */
  bytes = 0;

  add(words: Int32Array): void {
    if (words.length === 0) return;
    this.#extents.push(words);
    this.bytes += words.byteLength;
  }

  /** An extent of the usual size to be used again, undefined when there is none; its contents are whatever was there. */
  take(): ExtentMemory | undefined {
    const at = this.#extents.findIndex((words) => words.byteLength === viewedBytes(extentBytes));
    if (at < 0) return undefined;
    const [words] = this.#extents.splice(at, 1);
    this.bytes -= words.byteLength;
    return viewsOf(words.buffer, words.byteLength);
  }

  /** Gives one extent back; false when there was none. */
  freeOne(): boolean {
    const words = this.#extents.pop();
    if (words === undefined) return false;
    this.bytes -= words.byteLength;
    freeExtent(words);
    return true;
  }
}

const emptyWords = new Int32Array(0);
const emptyBytes = new Uint8Array(0);
const emptyDoubles = new Float64Array(0);

export class Slab {
  /** By extent; an extent that was given back is an empty array. Hot paths index these directly. */
  readonly words: Int32Array[] = [];
  readonly bytes: Uint8Array[] = [];
  readonly doubles: Float64Array[] = [];
  readonly bin = new ExtentBin();
  /** Bytes of all chunks that hold something: what the system gave. */
  committedBytes = 0;
  /** Bytes of all blocks handed out, rounded up to their class. */
  usedBytes = 0;
  #chunkClass = new Uint8Array(0);
  #chunkUsed = new Int32Array(0);
  #chunkFree = new Int32Array(0);
  #chunkTop = new Int32Array(0);
  #chunkNext = new Int32Array(0);
  #chunkPrevious = new Int32Array(0);
  /** First chunk with room, by class. */
  readonly #open = new Int32Array(classBytes.length).fill(noChunk);
  readonly #extentUsed: number[] = [];
  #freeChunks: number[] = [];
  /** An extent became empty since the last `giveBack`. */
  #emptied = false;
  /** Extents of single large blocks that were freed. */
  readonly #own: number[] = [];

  /** A block of at least `bytes`; its contents are whatever was there. */
  alloc(bytes: number): number {
    if (bytes > blockLimitBytes) return this.#allocRun(bytes);
    const sizeClass = classOfUnits[(bytes + unitBytes - 1) >> 4];
    let chunk = this.#open[sizeClass];
    if (chunk === noChunk) chunk = this.#openChunk(sizeClass);
    const size = classBytes[sizeClass];
    let ref = this.#chunkFree[chunk];
    if (ref !== 0) {
      this.#chunkFree[chunk] = this.words[ref >>> slabExtentShift][(ref & slabUnitMask) << 2];
    } else {
      ref = chunk * unitsPerChunk + (this.#chunkTop[chunk] >> 4);
      this.#chunkTop[chunk] += size;
    }
    this.#chunkUsed[chunk]++;
    this.usedBytes += size;
    if (this.#chunkFree[chunk] === 0 && this.#chunkTop[chunk] + size > chunkBytes) this.#unlink(chunk, sizeClass);
    return ref;
  }

  /** `bytes` as it was given to `alloc`. */
  free(ref: number, bytes: number): void {
    const chunk = (ref >>> 0) / unitsPerChunk | 0;
    if (bytes > blockLimitBytes) return this.#freeRun(chunk);
    const sizeClass = this.#chunkClass[chunk];
    const size = classBytes[sizeClass];
    const wasFull = this.#chunkFree[chunk] === 0 && this.#chunkTop[chunk] + size > chunkBytes;
    this.words[ref >>> slabExtentShift][(ref & slabUnitMask) << 2] = this.#chunkFree[chunk];
    this.#chunkFree[chunk] = ref;
    this.usedBytes -= size;
    if (wasFull) this.#link(chunk, sizeClass);
    if (--this.#chunkUsed[chunk] === 0) {
      this.#unlink(chunk, sizeClass);
      this.#release(chunk);
    }
  }

  /**
   * Gives empty extents back to the system, all but one extent's worth of free chunks. Only between commands: what a command just freed it may still read. True if it gave
   * anything.
   */
  giveBack(): boolean {
    for (const extent of this.#own) {
      this.#discard(extent);
      this.#extentUsed[extent] = 0;
    }
    this.#own.length = 0;
    if (this.bin.freeOne()) return true;
    if (!this.#emptied) return false;
    this.#emptied = false;
    for (let extent = this.words.length - 1; extent >= 0; extent--) {
      if (this.words[extent].length === 0 || this.#extentUsed[extent] !== 0 || this.#freeChunks.length <= chunksPerExtent) continue;
      this.#dropExtent(extent);
      this.#emptied = true;
      return true;
    }
    return false;
  }

  /** Everything at once. */
  clear(): void {
    for (const words of this.words) this.bin.add(words);
    this.words.length = 0;
    this.bytes.length = 0;
    this.doubles.length = 0;
    this.#extentUsed.length = 0;
    this.#freeChunks = [];
    this.#own.length = 0;
    this.#open.fill(noChunk);
    this.committedBytes = 0;
    this.usedBytes = 0;
  }

  #openChunk(sizeClass: number): number {
    const chunk = this.#takeChunk();
    this.#chunkClass[chunk] = sizeClass;
    this.#chunkUsed[chunk] = 0;
    this.#chunkFree[chunk] = 0;
    // Unit 0 of the first chunk stays unused: a reference of 0 means none.
    this.#chunkTop[chunk] = chunk === 0 ? Math.max(classBytes[sizeClass], unitBytes) : 0;
    this.#link(chunk, sizeClass);
    return chunk;
  }

  #takeChunk(): number {
    if (this.#freeChunks.length === 0) this.#addExtent();
    const chunk = this.#freeChunks.pop() as number;
    if (chunk === smallPagesBytes / chunkBytes) adviseHugePages(this.words[0].buffer, smallPagesBytes);
    this.#extentUsed[(chunk / chunksPerExtent) | 0]++;
    this.committedBytes += chunkBytes;
    return chunk;
  }

  #addExtent(): void {
    let extent = this.words.findIndex((words) => words.length === 0);
    if (extent < 0) extent = this.words.length;
    const memory = this.bin.take() ?? newExtent(extentBytes, extent === 0);
    this.words[extent] = memory.words;
    this.bytes[extent] = memory.bytes;
    this.doubles[extent] = memory.doubles;
    this.#extentUsed[extent] = 0;
    const first = extent * chunksPerExtent;
    this.#growChunks(first + chunksPerExtent);
    for (let chunk = first + chunksPerExtent - 1; chunk >= first; chunk--) {
      this.#chunkClass[chunk] = freeChunk;
      this.#freeChunks.push(chunk);
    }
  }

  #growChunks(count: number): void {
    if (this.#chunkClass.length >= count) return;
    const grown = (old: Int32Array): Int32Array<ArrayBuffer> => {
      const larger = new Int32Array(count);
      larger.set(old);
      return larger;
    };
    const classes = new Uint8Array(count);
    classes.set(this.#chunkClass);
    this.#chunkClass = classes;
    this.#chunkUsed = grown(this.#chunkUsed);
    this.#chunkFree = grown(this.#chunkFree);
    this.#chunkTop = grown(this.#chunkTop);
    this.#chunkNext = grown(this.#chunkNext);
    this.#chunkPrevious = grown(this.#chunkPrevious);
  }

  #release(chunk: number): void {
    this.#chunkClass[chunk] = freeChunk;
    this.committedBytes -= chunkBytes;
    this.#freeChunks.push(chunk);
    const extent = (chunk / chunksPerExtent) | 0;
    if (--this.#extentUsed[extent] === 0) this.#emptied = true;
  }

  /** Gives an empty extent back when another one's worth of chunks stays free. */
  #dropExtent(extent: number): void {
    const first = extent * chunksPerExtent;
    this.#freeChunks = this.#freeChunks.filter((chunk) => chunk < first || chunk >= first + chunksPerExtent);
    this.#discard(extent);
  }

  #discard(extent: number): void {
    this.bin.add(this.words[extent]);
    this.words[extent] = emptyWords;
    this.bytes[extent] = emptyBytes;
    this.doubles[extent] = emptyDoubles;
  }

  #link(chunk: number, sizeClass: number): void {
    const head = this.#open[sizeClass];
    this.#chunkNext[chunk] = head;
    this.#chunkPrevious[chunk] = noChunk;
    if (head !== noChunk) this.#chunkPrevious[head] = chunk;
    this.#open[sizeClass] = chunk;
  }

  #unlink(chunk: number, sizeClass: number): void {
    const next = this.#chunkNext[chunk];
    const previous = this.#chunkPrevious[chunk];
    if (previous === noChunk) this.#open[sizeClass] = next;
    else this.#chunkNext[previous] = next;
    if (next !== noChunk) this.#chunkPrevious[next] = previous;
  }

  /** Blocks above half a chunk: whole chunks in a row; above an extent: an extent of their own. */
  #allocRun(bytes: number): number {
    const chunks = Math.ceil(bytes / chunkBytes);
    const first = chunks > chunksPerExtent - 1 ? this.#ownExtent(chunks) : this.#findRun(chunks);
    this.#chunkClass[first] = runHead;
    this.#chunkUsed[first] = chunks;
    for (let i = 1; i < Math.min(chunks, chunksPerExtent); i++) this.#chunkClass[first + i] = runTail;
    this.committedBytes += chunks * chunkBytes;
    this.usedBytes += chunks * chunkBytes;
    return first * unitsPerChunk;
  }

  #findRun(chunks: number): number {
    for (let extent = 0; extent < this.words.length; extent++) {
      const found = this.#runIn(extent, chunks);
      if (found !== noChunk) return this.#takeRun(found, chunks);
    }
    this.#addExtent();
    for (let extent = 0; ; extent++) {
      const found = this.#runIn(extent, chunks);
      if (found !== noChunk) return this.#takeRun(found, chunks);
    }
  }

  #runIn(extent: number, chunks: number): number {
    if (this.words[extent].length === 0 || chunksPerExtent - this.#extentUsed[extent] < chunks) return noChunk;
    const first = extent * chunksPerExtent;
    let length = 0;
    // Chunk 0 never begins a run: a reference of 0 means none.
    for (let chunk = Math.max(first, 1); chunk < first + chunksPerExtent; chunk++) {
      length = this.#chunkClass[chunk] === freeChunk ? length + 1 : 0;
      if (length === chunks) return chunk - chunks + 1;
    }
    return noChunk;
  }

  #takeRun(first: number, chunks: number): number {
    this.#freeChunks = this.#freeChunks.filter((chunk) => chunk < first || chunk >= first + chunks);
    this.#extentUsed[(first / chunksPerExtent) | 0] += chunks;
    return first;
  }

  #ownExtent(chunks: number): number {
    if (this.words.length === 0) this.#addExtent();
    const extent = this.words.length;
    const memory = newExtent(chunks * chunkBytes, false);
    this.words[extent] = memory.words;
    this.bytes[extent] = memory.bytes;
    this.doubles[extent] = memory.doubles;
    this.#extentUsed[extent] = chunksPerExtent;
    this.#growChunks((extent + 1) * chunksPerExtent);
    return extent * chunksPerExtent;
  }

  #freeRun(first: number): void {
    const chunks = this.#chunkUsed[first];
    this.committedBytes -= chunks * chunkBytes;
    this.usedBytes -= chunks * chunkBytes;
    const extent = (first / chunksPerExtent) | 0;
    for (let i = 0; i < Math.min(chunks, chunksPerExtent); i++) this.#chunkClass[first + i] = freeChunk;
    if (chunks > chunksPerExtent - 1) {
      // It counts as used until its memory goes.
      this.#own.push(extent);
      return;
    }
    for (let i = 0; i < chunks; i++) this.#freeChunks.push(first + i);
    this.#extentUsed[extent] -= chunks;
    if (this.#extentUsed[extent] === 0) this.#emptied = true;
  }
}
