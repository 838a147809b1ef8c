import { copyBytes } from '../copy-bytes.ts';
import { blockBytes, slabExtentShift, slabUnitMask } from '../slab.ts';
import { contentAt, readLength } from './packed.ts';
import { frameListElement, listElementBefore, listElementBytes } from './list-element.ts';
import { listNodeHeaderBytes, rootField, rootKind, type Parts } from './parts.ts';

/** Block of a full node; a larger element has a node of its own. */
const nodeBytes = 4096;
const word = { previous: 0, next: 1, count: 2, from: 3, to: 4, block: 5 } as const;

/**
 * A large list: nodes in a row, each with elements packed between `from` and `to` of its block, so that both ends grow without moving what is there. A place is (node,
 * offset of an element in its block).
 */
export class ListNodes {
  readonly #parts: Parts;
  root = 0;
  /** The element looked at: its node (0: none), its offset. */
  node = 0;
  at = 0;
  bytes: Uint8Array = new Uint8Array(0);
  elementStart = 0;
  elementLength = 0;
  #words: Int32Array = new Int32Array(0);
  #base = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  create(): number {
    this.open(this.#parts.newRoot(rootKind.list));
    return this.root;
  }

  open(root: number): void {
    this.root = root;
    this.node = 0;
  }

  get size(): number {
    return this.#parts.field(this.root, rootField.size);
  }

  push(front: boolean, bytes: Uint8Array, start: number, length: number): void {
    const end = this.#parts.field(this.root, front ? rootField.head : rootField.tail);
    const needed = listElementBytes(length);
    if (end === 0 || !this.#fits(end, needed, front)) this.#addNode(end, needed, front);
    this.#enter(this.#parts.field(this.root, front ? rootField.head : rootField.tail));
    const words = this.#words;
    const offset = front ? words[this.#base + word.from] - needed : words[this.#base + word.to];
    this.#write(offset, bytes, start, length);
    if (front) words[this.#base + word.from] = offset;
    else words[this.#base + word.to] = offset + needed;
    this.#counted(1);
    this.#look(offset);
  }

  /** Goes to the element at `index` (0 … size - 1), from the nearer end. */
  seek(index: number): void {
    const { size } = this;
    if (index < size / 2) {
      let left = index;
      this.#enter(this.#parts.field(this.root, rootField.head));
      for (let count = this.#count(); left >= count; count = this.#count()) {
        left -= count;
        this.#enter(this.#words[this.#base + word.next]);
      }
      this.#walkTo(left);
    } else {
      let left = size - 1 - index;
      this.#enter(this.#parts.field(this.root, rootField.tail));
      for (let count = this.#count(); left >= count; count = this.#count()) {
        left -= count;
        this.#enter(this.#words[this.#base + word.previous]);
      }
      this.#walkTo(this.#count() - 1 - left);
    }
  }

  /** Goes to the element behind (or before) this one; false at the end. */
  step(forward: boolean): boolean {
    if (this.node === 0) return false;
    this.#enter(this.node);
    if (forward) {
      const behind = this.at + listElementBytes(this.elementLength);
      if (behind < this.#words[this.#base + word.to]) return this.#look(behind);
      return this.#enterNeighbour(word.next) && this.#look(this.#words[this.#base + word.from]);
    }
    if (this.at > this.#words[this.#base + word.from]) return this.#look(this.#before(this.at));
    return this.#enterNeighbour(word.previous) && this.#look(this.#before(this.#words[this.#base + word.to]));
  }

  /** Removes the element looked at; the one behind it is next for `here` (node 0: it was the last). */
  remove(): void {
    this.#enter(this.node);
    const words = this.#words;
    const base = this.#base;
    const length = listElementBytes(this.elementLength);
    const block = base << 2;
    const from = words[base + word.from];
    const to = words[base + word.to];
    if (this.at - from <= to - this.at - length) {
      this.bytes.copyWithin(block + from + length, block + from, block + this.at);
      words[base + word.from] = from + length;
      this.at += length;
    } else {
      this.bytes.copyWithin(block + this.at, block + this.at + length, block + to);
      words[base + word.to] = to - length;
    }
    this.#counted(-1);
    const next = words[base + word.next];
    if (words[base + word.count] === 0) this.#unlink(this.node);
    else if (this.at < words[base + word.to]) return void this.#look(this.at);
    this.node = next;
    if (next === 0) return;
    this.#enter(next);
    this.#look(this.#words[this.#base + word.from]);
  }

  /** Puts an element before the one looked at (or behind it); the place stays at the old element. */
  insert(before: boolean, bytes: Uint8Array, start: number, length: number): void {
    this.#enter(this.node);
    const needed = listElementBytes(length);
    const offset = before ? this.at : this.at + listElementBytes(this.elementLength);
    if (!this.#roomInside(needed)) return this.#insertNode(offset, needed, bytes, start, length);
    const gap = this.#open(offset, needed);
    this.#write(gap, bytes, start, length);
    this.#counted(1);
    this.#look(before ? gap + needed : this.#before(gap));
  }

  /** Gives the element looked at another value; the place is lost. */
  replace(bytes: Uint8Array, start: number, length: number): void {
    if (length === this.elementLength) return copyBytes(bytes, start, this.bytes, this.elementStart, length);
    this.insert(true, bytes, start, length);
    this.remove();
  }

  /** The node is full: splits it at `offset` and puts a node with the one element between the halves. */
  #insertNode(offset: number, needed: number, bytes: Uint8Array, start: number, length: number): void {
    const full = this.node;
    const words = this.#words;
    const base = this.#base;
    let left = full;
    let right = words[base + word.next];
    if (offset === words[base + word.from]) {
      left = words[base + word.previous];
      right = full;
    } else if (offset !== words[base + word.to]) {
      right = this.#split(offset);
    }
    const { node, at } = this;
    const fresh = this.#newNode(needed);
    this.#link(fresh, left, right);
    this.#enter(fresh);
    this.#words[this.#base + word.from] = listNodeHeaderBytes;
    this.#words[this.#base + word.to] = listNodeHeaderBytes + needed;
    this.#write(listNodeHeaderBytes, bytes, start, length);
    this.#counted(1);
    this.#enter(node);
    this.#look(at);
  }

  /** Moves what is at and behind `offset` into a node of its own, which it returns; the place follows its element. */
  #split(offset: number): number {
    const words = this.#words;
    const base = this.#base;
    const { node, at } = this;
    const to = words[base + word.to];
    let moved = 0;
    for (let i = offset; i < to; i = this.#behind(i)) moved++;
    const fresh = this.#newNode(to - offset);
    this.#enter(fresh);
    const freshWords = this.#words;
    const freshBase = this.#base;
    const source = this.#parts.slab.bytes[node >>> slabExtentShift];
    const block = base << 2;
    copyBytes(source, block + offset, this.bytes, (freshBase << 2) + listNodeHeaderBytes, to - offset);
    freshWords[freshBase + word.from] = listNodeHeaderBytes;
    freshWords[freshBase + word.to] = listNodeHeaderBytes + to - offset;
    freshWords[freshBase + word.count] = moved;
    words[base + word.to] = offset;
    words[base + word.count] -= moved;
    this.#link(fresh, node, words[base + word.next]);
    if (at >= offset) {
      this.#enter(fresh);
      this.#look(at - offset + listNodeHeaderBytes);
    } else {
      this.#enter(node);
      this.#look(at);
    }
    return fresh;
  }

  #fits(node: number, needed: number, front: boolean): boolean {
    this.#enter(node);
    const from = this.#words[this.#base + word.from];
    const to = this.#words[this.#base + word.to];
    return front ? from - needed >= listNodeHeaderBytes : to + needed <= this.#words[this.#base + word.block];
  }

  #addNode(end: number, needed: number, front: boolean): void {
    const node = this.#newNode(Math.max(needed, nodeBytes - listNodeHeaderBytes));
    const words = this.#wordsOf(node);
    const base = (node & slabUnitMask) << 2;
    const edge = front ? words[base + word.block] : listNodeHeaderBytes;
    words[base + word.from] = edge;
    words[base + word.to] = edge;
    if (front) this.#link(node, 0, end);
    else this.#link(node, end, 0);
  }

  #newNode(contentBytes: number): number {
    const { slab } = this.#parts;
    const size = blockBytes(contentBytes + listNodeHeaderBytes);
    const node = slab.alloc(size);
    const words = this.#wordsOf(node);
    const base = (node & slabUnitMask) << 2;
    words[base + word.count] = 0;
    words[base + word.block] = size;
    this.#parts.setField(this.root, rootField.bytes, this.#parts.field(this.root, rootField.bytes) + size / 16);
    return node;
  }

  #link(node: number, previous: number, next: number): void {
    const words = this.#wordsOf(node);
    const base = (node & slabUnitMask) << 2;
    words[base + word.previous] = previous;
    words[base + word.next] = next;
    this.#setNeighbour(previous, word.next, node, rootField.head);
    this.#setNeighbour(next, word.previous, node, rootField.tail);
  }

  #unlink(node: number): void {
    const words = this.#wordsOf(node);
    const base = (node & slabUnitMask) << 2;
    const size = words[base + word.block];
    this.#setNeighbour(words[base + word.previous], word.next, words[base + word.next], rootField.head);
    this.#setNeighbour(words[base + word.next], word.previous, words[base + word.previous], rootField.tail);
    this.#parts.slab.free(node, size);
    this.#parts.setField(this.root, rootField.bytes, this.#parts.field(this.root, rootField.bytes) - size / 16);
  }

  #setNeighbour(node: number, which: number, value: number, rootEnd: number): void {
    if (node === 0) this.#parts.setField(this.root, rootEnd, value);
    else this.#wordsOf(node)[((node & slabUnitMask) << 2) + which] = value;
  }

  /** Whether the node has room for so many bytes in all, at either side. */
  #roomInside(needed: number): boolean {
    const words = this.#words;
    const base = this.#base;
    return words[base + word.from] - listNodeHeaderBytes >= needed || words[base + word.block] - words[base + word.to] >= needed;
  }

  /** Opens a gap at `offset`; returns where it begins. */
  #open(offset: number, needed: number): number {
    const words = this.#words;
    const base = this.#base;
    const block = base << 2;
    const from = words[base + word.from];
    const to = words[base + word.to];
    const front = from - listNodeHeaderBytes >= needed && (offset - from < to - offset || words[base + word.block] - to < needed);
    if (front) {
      this.bytes.copyWithin(block + from - needed, block + from, block + offset);
      words[base + word.from] = from - needed;
      return offset - needed;
    }
    this.bytes.copyWithin(block + offset + needed, block + offset, block + to);
    words[base + word.to] = to + needed;
    return offset;
  }

  #write(offset: number, bytes: Uint8Array, start: number, length: number): void {
    const content = frameListElement(this.bytes, (this.#base << 2) + offset, length);
    copyBytes(bytes, start, this.bytes, content, length);
  }

  #counted(difference: number): void {
    this.#words[this.#base + word.count] += difference;
    this.#parts.setField(this.root, rootField.size, this.size + difference);
  }

  #count(): number {
    return this.#words[this.#base + word.count];
  }

  #wordsOf(node: number): Int32Array {
    return this.#parts.slab.words[node >>> slabExtentShift];
  }

  #enter(node: number): void {
    this.node = node;
    this.#words = this.#parts.slab.words[node >>> slabExtentShift];
    this.#base = (node & slabUnitMask) << 2;
    this.bytes = this.#parts.slab.bytes[node >>> slabExtentShift];
  }

  #enterNeighbour(which: number): boolean {
    const neighbour = this.#words[this.#base + which];
    if (neighbour === 0) return false;
    this.#enter(neighbour);
    return true;
  }

  /** Goes to an element of the node, from its nearer end. */
  #walkTo(index: number): void {
    const count = this.#count();
    let offset = this.#words[this.#base + (index < count / 2 ? word.from : word.to)];
    if (index < count / 2) for (let i = 0; i < index; i++) offset = this.#behind(offset);
    else for (let i = count; i > index; i--) offset = this.#before(offset);
    this.#look(offset);
  }

  #behind(offset: number): number {
    return offset + listElementBytes(readLength(this.bytes, (this.#base << 2) + offset));
  }

  #before(offset: number): number {
    return listElementBefore(this.bytes, (this.#base << 2) + offset) - (this.#base << 2);
  }

  #look(offset: number): true {
    const start = (this.#base << 2) + offset;
    this.at = offset;
    this.elementStart = contentAt(this.bytes, start);
    this.elementLength = readLength(this.bytes, start);
    return true;
  }
}
