import { copyBytes } from '../copy-bytes.ts';
import { hashBytes, type HashSeed } from '../hash.ts';
import { slabExtentShift, slabUnitMask } from '../slab.ts';
import { reverseBits } from '../hash-pages.ts';
import { sameBytes } from './packed.ts';
import { rootField, rootKind, scoredHeaderBytes, type Parts } from './parts.ts';
import { ScoredOrder } from './scored-order.ts';

const hashRange = 2 ** 31;

/** A large sorted set: members by hash in a table, and in order in chunks; both refer to the same blocks. */
export class ScoredDict {
  readonly order: ScoredOrder;
  readonly #parts: Parts;
  readonly #seed: HashSeed;
  root = 0;
  table = 0;
  bytes: Uint8Array = new Uint8Array(0);
  memberStart = 0;
  memberLength = 0;
  score = 0;

  constructor(parts: Parts, seed: HashSeed) {
    this.#parts = parts;
    this.#seed = seed;
    this.order = new ScoredOrder(parts);
  }

  create(): number {
    const root = this.#parts.newRoot(rootKind.sorted);
    this.#parts.setField(root, rootField.table, this.#parts.newTable());
    this.open(root);
    return root;
  }

  open(root: number): void {
    this.root = root;
    this.table = this.#parts.field(root, rootField.table);
    this.order.open(root);
  }

  get size(): number {
    return this.#parts.field(this.root, rootField.size);
  }

  find(bytes: Uint8Array, start: number, length: number): boolean {
    return this.#locate(bytes, start, length, hashBytes(this.#seed, bytes, start, length)) !== 0;
  }

  /** 1: new; 0: it was there and has the score now. */
  set(bytes: Uint8Array, start: number, length: number, score: number): number {
    const { slab, tables } = this.#parts;
    const hash = hashBytes(this.#seed, bytes, start, length);
    const old = this.#locate(bytes, start, length, hash);
    if (old !== 0) {
      if (this.score !== score) this.#rescore(old, bytes, start, length, score);
      return 0;
    }
    const before = slab.usedBytes;
    const ref = slab.alloc(scoredHeaderBytes + length);
    const at = (ref & slabUnitMask) << 2;
    slab.words[ref >>> slabExtentShift][at] = length;
    slab.words[ref >>> slabExtentShift][at + 1] = 0;
    slab.doubles[ref >>> slabExtentShift][(at >> 1) + 1] = score;
    copyBytes(bytes, start, slab.bytes[ref >>> slabExtentShift], (at << 2) + scoredHeaderBytes, length);
    tables.insert(this.table, hash, ref);
    this.#addBytes(slab.usedBytes - before);
    this.order.insert(score, ref);
    this.#parts.setField(this.root, rootField.size, this.size + 1);
    return 1;
  }

  remove(bytes: Uint8Array, start: number, length: number): boolean {
    const hash = hashBytes(this.#seed, bytes, start, length);
    const ref = this.#locate(bytes, start, length, hash);
    if (ref === 0) return false;
    this.order.remove(this.score, bytes, start, length);
    this.#forget(ref, hash);
    return true;
  }

  /** Removes the element at the order's place. */
  removeHere(): void {
    const ref = this.order.here();
    this.view(ref);
    this.order.removeHere();
    this.#forget(ref, hashBytes(this.#seed, this.bytes, this.memberStart, this.memberLength));
  }

  scan(cursor: number, count: number, visit: () => unknown): number {
    const { tables } = this.#parts;
    let reversed = cursor;
    let visited = 0;
    while (reversed < hashRange && visited < count && tables.pagesOf(this.table) > 0) {
      const pairs = tables.openPage(this.table, tables.pageFrom(this.table, reversed));
      for (let i = 0; i < pairs; i++) {
        if (reverseBits(tables.hashAt(i)) < reversed) continue;
        this.view(tables.refAt(i));
        visit();
        visited++;
      }
      reversed = tables.endOfPage(this.table, reversed);
    }
    return reversed >= hashRange || tables.pagesOf(this.table) === 0 ? 0 : reversed;
  }

  seekRandom(unit: number): void {
    this.view(this.#parts.tables.drawFrom(this.table, unit));
  }

  view(ref: number): void {
    const { slab } = this.#parts;
    const extent = ref >>> slabExtentShift;
    const at = (ref & slabUnitMask) << 2;
    this.bytes = slab.bytes[extent];
    this.memberLength = slab.words[extent][at];
    this.memberStart = (at << 2) + scoredHeaderBytes;
    this.score = slab.doubles[extent][(at >> 1) + 1];
  }

  #rescore(ref: number, bytes: Uint8Array, start: number, length: number, score: number): void {
    const { slab } = this.#parts;
    this.order.remove(this.score, bytes, start, length);
    slab.doubles[ref >>> slabExtentShift][(((ref & slabUnitMask) << 2) >> 1) + 1] = score;
    this.order.insert(score, ref);
    this.score = score;
  }

  #forget(ref: number, hash: number): void {
    const { slab, tables } = this.#parts;
    const before = slab.usedBytes;
    tables.remove(this.table, hash, ref);
    slab.free(ref, scoredHeaderBytes + this.memberLength);
    this.#addBytes(slab.usedBytes - before);
    this.#parts.setField(this.root, rootField.size, this.size - 1);
  }

  #locate(bytes: Uint8Array, start: number, length: number, hash: number): number {
    const { tables } = this.#parts;
    for (let ref = tables.first(this.table, hash); ref !== 0; ref = tables.next()) {
      this.view(ref);
      if (this.memberLength === length && sameBytes(this.bytes, this.memberStart, bytes, start, length)) return ref;
    }
    return 0;
  }

  #addBytes(difference: number): void {
    this.#parts.setField(this.root, rootField.bytes, this.#parts.field(this.root, rootField.bytes) + difference / 16);
  }
}
