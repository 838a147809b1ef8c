import { copyBytes } from '../copy-bytes.ts';
import { hashBytes, type HashSeed } from '../hash.ts';
import { blockBytes, slabExtentShift, slabUnitMask } from '../slab.ts';
import { reverseBits } from '../hash-pages.ts';
import { elementHeaderBytes, rootField, rootKind, type Parts } from './parts.ts';

const hashRange = 2 ** 31;

/**
 * Fields and values of a large hash, members of a large set: a table of blocks. `open` looks at one dict; `found` views are set by what finds an element.
 */
export class Dict {
  readonly #parts: Parts;
  readonly #seed: HashSeed;
  root = 0;
  table = 0;
  bytes: Uint8Array = new Uint8Array(0);
  fieldStart = 0;
  fieldLength = 0;
  valueStart = 0;
  valueLength = 0;
  // Iteration: the page and the position in it.
  #page = 0;
  #position = 0;

  constructor(parts: Parts, seed: HashSeed) {
    this.#parts = parts;
    this.#seed = seed;
  }

  create(): number {
    const root = this.#parts.newRoot(rootKind.dict);
    this.#parts.setField(root, rootField.table, this.#parts.newTable());
    this.open(root);
    return root;
  }

  open(root: number): void {
    this.root = root;
    this.table = this.#parts.field(root, rootField.table);
  }

  get size(): number {
    return this.#parts.field(this.root, rootField.size);
  }

  find(bytes: Uint8Array, start: number, length: number): boolean {
    return this.#locate(bytes, start, length, hashBytes(this.#seed, bytes, start, length)) !== 0;
  }

  /** 1: new; 0: replaced. */
  set(bytes: Uint8Array, start: number, length: number, value: Uint8Array, valueStart: number, valueLength: number): number {
    const parts = this.#parts;
    const { slab, tables } = parts;
    const before = slab.usedBytes;
    const hash = hashBytes(this.#seed, bytes, start, length);
    const old = this.#locate(bytes, start, length, hash);
    const size = elementHeaderBytes + length + valueLength;
    if (old !== 0 && blockBytes(size) === blockBytes(elementHeaderBytes + length + this.valueLength)) {
      slab.words[old >>> slabExtentShift][((old & slabUnitMask) << 2) + 1] = valueLength;
      copyBytes(value, valueStart, this.bytes, this.valueStart, valueLength);
      return 0;
    }
    const oldSize = elementHeaderBytes + length + this.valueLength;
    const ref = slab.alloc(size);
    const words = slab.words[ref >>> slabExtentShift];
    const at = (ref & slabUnitMask) << 2;
    words[at] = length;
    words[at + 1] = valueLength;
    const target = slab.bytes[ref >>> slabExtentShift];
    copyBytes(bytes, start, target, (at << 2) + elementHeaderBytes, length);
    copyBytes(value, valueStart, target, (at << 2) + elementHeaderBytes + length, valueLength);
    if (old === 0) {
      tables.insert(this.table, hash, ref);
      this.#addSize(1);
    } else {
      tables.replace(this.table, hash, old, ref);
      slab.free(old, oldSize);
    }
    this.#addBytes(slab.usedBytes - before);
    return old === 0 ? 1 : 0;
  }

  remove(bytes: Uint8Array, start: number, length: number): boolean {
    const hash = hashBytes(this.#seed, bytes, start, length);
    const ref = this.#locate(bytes, start, length, hash);
    if (ref === 0) return false;
    const { slab, tables } = this.#parts;
    const before = slab.usedBytes;
    tables.remove(this.table, hash, ref);
    slab.free(ref, elementHeaderBytes + this.fieldLength + this.valueLength);
    this.#addSize(-1);
    this.#addBytes(slab.usedBytes - before);
    return true;
  }

  rewind(): void {
    this.#page = 0;
    this.#position = 0;
  }

  next(): boolean {
    const { tables } = this.#parts;
    for (const pages = tables.pagesOf(this.table); this.#page < pages; this.#page++, this.#position = 0) {
      if (this.#position >= tables.openPage(this.table, this.#page)) continue;
      this.#view(tables.refAt(this.#position++));
      return true;
    }
    return false;
  }

  /** As the store's scanStep: visits at least `count` elements if there are so many; next cursor, 0 at the end. */
  scan(cursor: number, count: number, visit: () => unknown): number {
    const { tables } = this.#parts;
    let reversed = cursor;
    let visited = 0;
    while (reversed < hashRange && visited < count && tables.pagesOf(this.table) > 0) {
      const pairs = tables.openPage(this.table, tables.pageFrom(this.table, reversed));
      for (let i = 0; i < pairs; i++) {
        if (reverseBits(tables.hashAt(i)) < reversed) continue;
        this.#view(tables.refAt(i));
        visit();
        visited++;
      }
      reversed = tables.endOfPage(this.table, reversed);
    }
    return reversed >= hashRange || tables.pagesOf(this.table) === 0 ? 0 : reversed;
  }

  seekRandom(unit: number): void {
    this.#view(this.#parts.tables.drawFrom(this.table, unit));
  }

  #locate(bytes: Uint8Array, start: number, length: number, hash: number): number {
    const { tables } = this.#parts;
    for (let ref = tables.first(this.table, hash); ref !== 0; ref = tables.next()) {
      this.#view(ref);
      if (this.fieldLength !== length) continue;
      let i = 0;
      while (i < length && this.bytes[this.fieldStart + i] === bytes[start + i]) i++;
      if (i === length) return ref;
    }
    return 0;
  }

  #view(ref: number): void {
    const { slab } = this.#parts;
    const extent = ref >>> slabExtentShift;
    const words = slab.words[extent];
    const at = (ref & slabUnitMask) << 2;
    this.bytes = slab.bytes[extent];
    this.fieldLength = words[at];
    this.valueLength = words[at + 1];
    this.fieldStart = (at << 2) + elementHeaderBytes;
    this.valueStart = this.fieldStart + this.fieldLength;
  }

  #addSize(difference: number): void {
    this.#parts.setField(this.root, rootField.size, this.size + difference);
  }

  #addBytes(difference: number): void {
    this.#parts.setField(this.root, rootField.bytes, this.#parts.field(this.root, rootField.bytes) + difference / 16);
  }
}
