import { SlotIndex } from '../slot-index.ts';
import { Slab, slabExtentShift, slabUnitMask } from '../slab.ts';

/**
 * The parts of large collections: roots, tables of elements and blocks in one slab. The entry of a large collection holds only the number of its root
 * (4 bytes), so the entry may move. Memory is counted to the byte, in the root.
 *
 *   root: 8 words: kind | elements | table or head | tail or directory | … | bytes / 16
 */
const rootWords = 8;
export const rootField = { kind: 0, size: 1, table: 2, head: 2, tail: 3, directory: 3, chunks: 4, capacity: 5, bytes: 7 } as const;
export const rootKind = { free: 0, dict: 1, list: 2, sorted: 3 } as const;
export type RootKind = (typeof rootKind)[keyof typeof rootKind];

/** Element of a dict: lengths of field and value, then their bytes. A sorted set's: length of the member and its score, then the member. */
export const elementHeaderBytes = 8;
export const scoredHeaderBytes = 16;
/** Node of a list: previous, next, elements, first byte used, end of the bytes used, size of the block. */
export const listNodeHeaderBytes = 24;

const initialRoots = 16;
const tablesPerGrowth = 16;
/** Freeing one element costs about this much work. */
const workPerElement = 1;

export class Parts {
  readonly slab: Slab = new Slab();
  readonly tables: SlotIndex = new SlotIndex(this.slab, tablesPerGrowth);
  roots: Int32Array = new Int32Array(initialRoots * rootWords);
  readonly #freeRoots: number[] = [];
  readonly #freeTables: number[] = [];
  #nextRoot = 1;
  #nextTable = 0;
  /** Bytes of doomed roots, as they were when they were doomed: memory that comes back without evicting more. */
  doomedBytes = 0;
  /** Roots whose elements are freed in slices. */
  readonly #doomed: number[] = [];

  /** Bytes of living parts and of the arrays beside them. */
  get usedBytes(): number {
    return this.slab.usedBytes + this.roots.byteLength + this.tables.heads.byteLength;
  }

  get committedBytes(): number {
    return this.slab.committedBytes + this.roots.byteLength + this.tables.heads.byteLength;
  }

  newRoot(kind: RootKind): number {
    const root = this.#freeRoots.pop() ?? this.#nextRoot++;
    if ((root + 1) * rootWords > this.roots.length) {
      const larger = new Int32Array(this.roots.length * 2);
      larger.set(this.roots);
      this.roots = larger;
    }
    this.roots.fill(0, root * rootWords, (root + 1) * rootWords);
    this.roots[root * rootWords] = kind;
    return root;
  }

  newTable(): number {
    const table = this.#freeTables.pop() ?? this.#nextTable++;
    this.tables.growTo(table + 1);
    return table;
  }

  field(root: number, field: number): number {
    return this.roots[root * rootWords + field];
  }

  setField(root: number, field: number, value: number): void {
    this.roots[root * rootWords + field] = value;
  }

  bytesOf(root: number): number {
    return this.roots[root * rootWords + rootField.bytes] * 16 + rootWords * 4;
  }

  /** The collection is gone for its users; its memory follows in slices (`freeSome`). */
  doom(root: number): void {
    this.#doomed.push(root);
    this.doomedBytes += this.bytesOf(root);
  }

  /** Frees doomed parts for about `work` elements; returns the work left over. */
  freeSome(work: number): number {
    let left = work;
    while (left > 0 && this.#doomed.length > 0) {
      const root = this.#doomed[this.#doomed.length - 1];
      left = this.roots[root * rootWords] === rootKind.list ? this.#freeList(root, left) : this.#freeDict(root, left);
    }
    return left;
  }

  get hasDoomed(): boolean {
    return this.#doomed.length > 0;
  }

  clear(): void {
    this.slab.clear();
    this.tables.clear();
    this.roots = new Int32Array(initialRoots * rootWords);
    this.#freeRoots.length = 0;
    this.#freeTables.length = 0;
    this.#doomed.length = 0;
    this.doomedBytes = 0;
    this.#nextRoot = 1;
    this.#nextTable = 0;
  }

  #freeDict(root: number, work: number): number {
    const { tables, slab } = this;
    const at = root * rootWords;
    const scored = this.roots[at] === rootKind.sorted;
    let left = work;
    while (left > 0 && scored && this.roots[at + rootField.chunks] > 0) left -= this.#freeChunk(at);
    const table = this.roots[at + rootField.table];
    for (let pages = tables.pagesOf(table); left > 0 && pages > 0; pages--) {
      const count = tables.openPage(table, pages - 1);
      for (let i = 0; i < count; i++) this.#freeElement(tables.refAt(i), scored);
      tables.dropLastPage(table);
      left -= count * workPerElement;
    }
    if (tables.pagesOf(table) > 0 || (scored && this.roots[at + rootField.chunks] > 0)) return left;
    if (scored && this.roots[at + rootField.directory] !== 0) slab.free(this.roots[at + rootField.directory], this.roots[at + rootField.capacity] * directoryEntryBytes);
    this.#freeTables.push(table);
    this.#forget(root);
    return left - 1;
  }

  #freeElement(ref: number, scored: boolean): void {
    const words = this.slab.words[ref >>> slabExtentShift];
    const at = (ref & slabUnitMask) << 2;
    this.slab.free(ref, scored ? scoredHeaderBytes + words[at] : elementHeaderBytes + words[at] + words[at + 1]);
  }

  #freeChunk(at: number): number {
    const directory = this.roots[at + rootField.directory];
    const chunk = --this.roots[at + rootField.chunks];
    const ref = this.slab.words[directory >>> slabExtentShift][((directory & slabUnitMask) << 2) + chunk * directoryEntryWords];
    this.slab.free(ref, chunkBytes);
    return 1;
  }

  #freeList(root: number, work: number): number {
    const at = root * rootWords;
    let left = work;
    while (left > 0 && this.roots[at + rootField.head] !== 0) {
      const node = this.roots[at + rootField.head];
      const words = this.slab.words[node >>> slabExtentShift];
      const base = (node & slabUnitMask) << 2;
      this.roots[at + rootField.head] = words[base + 1];
      this.slab.free(node, words[base + 5]);
      left--;
    }
    if (this.roots[at + rootField.head] === 0) this.#forget(root);
    return left;
  }

  #forget(root: number): void {
    this.#doomed.pop();
    this.doomedBytes -= this.bytesOf(root);
    this.roots[root * rootWords] = rootKind.free;
    this.#freeRoots.push(root);
  }
}

/** Order of a sorted set: a directory of chunks, each with scores and references in order (see scored-order.ts). */
export const directoryEntryBytes = 16;
const directoryEntryWords = 4;
export const chunkPairs = 68;
export const chunkBytes: number = 16 + chunkPairs * 12;
