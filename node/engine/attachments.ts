import { copyBytes } from './copy-bytes.ts';
import { hashBytes, type HashSeed } from './hash.ts';
import { Slab, slabExtentShift, slabUnitMask } from './slab.ts';
import { SlotIndex } from './slot-index.ts';

/**
 * Labels of keys (tags, and what they depend on), off the heap, and for each label the keys that have it. Nothing moves, so everything points at everything; the memory
 * counts as the store's.
 *
 *   block of a key   hash | slot 14, labels 16 << 16 | key length | text length | cells … | key | text
 *   cell             block | previous cell | next cell | label        one for each label of each key
 *   label            first cell | keys | hash | length | bytes
 *
 * The text is a scope (the namespace's name) and labels: `length u8 │ scope │ (kind u8 │ length u16 │ bytes)*`. A label's own bytes are `length u8 │ scope │ kind u8 │ bytes`.
 */
const headBytes = 16;
const cellBytes = 16;
const onlyTable = 0;

export class Attachments {
  readonly #slab = new Slab();
  readonly #byKey = new SlotIndex(this.#slab);
  readonly #labels = new SlotIndex(this.#slab, 1);
  readonly #seed: HashSeed;
  /** Keys that have labels. */
  keys = 0;
  /** Cell of the block that `firstOf` or `nextOf` gave. */
  cell = 0;
  // --- the block that `open` looked at
  bytes: Uint8Array = new Uint8Array(0);
  keyStart = 0;
  keyLength = 0;
  slot = 0;
  hash = 0;
  textStart = 0;
  textLength = 0;

  constructor(seed: HashSeed) {
    this.#seed = seed;
  }

  get committedBytes(): number {
    return this.#slab.committedBytes + this.#byKey.heads.byteLength;
  }

  get usedBytes(): number {
    return this.#slab.usedBytes + this.#byKey.heads.byteLength;
  }

  giveBack(): boolean {
    return this.#slab.giveBack();
  }

  /** The block of a key, 0 if there is none. */
  find(bytes: Uint8Array, start: number, length: number, slot: number, hash: number): number {
    for (let block = this.#byKey.first(slot, hash); block !== 0; block = this.#byKey.next()) if (this.#keyIs(block, bytes, start, length)) return block;
    return 0;
  }

  open(block: number): void {
    const words = this.#words(block);
    const at = wordOf(block);
    this.bytes = this.#slab.bytes[block >>> slabExtentShift];
    this.hash = words[at];
    this.slot = words[at + 1] & 0xffff;
    this.keyStart = (at << 2) + headBytes + (words[at + 1] >>> 16) * 4;
    this.keyLength = words[at + 2];
    this.textStart = this.keyStart + this.keyLength;
    this.textLength = words[at + 3];
  }

  /** Gives a key, which has none, these labels; answers the bytes that they take. */
  put(bytes: Uint8Array, start: number, length: number, slot: number, hash: number, text: Uint8Array): number {
    const labels = labelsOf(text);
    const size = headBytes + labels.length * 4 + length + text.length;
    const block = this.#slab.alloc(size);
    const words = this.#words(block);
    const at = wordOf(block);
    words[at] = hash;
    words[at + 1] = slot | (labels.length << 16);
    words[at + 2] = length;
    words[at + 3] = text.length;
    this.open(block);
    copyBytes(bytes, start, this.bytes, this.keyStart, length);
    copyBytes(text, 0, this.bytes, this.textStart, text.length);
    labels.forEach((label, i) => (this.#words(block)[at + 4 + i] = this.#link(block, label)));
    this.#byKey.insert(slot, hash, block);
    this.keys++;
    return this.bytesOf(block);
  }

  /** What goes with the block, about: labels that others have too are not counted. */
  bytesOf(block: number): number {
    const words = this.#words(block);
    const at = wordOf(block);
    const labels = words[at + 1] >>> 16;
    return headBytes + labels * (4 + cellBytes) + words[at + 2] + words[at + 3];
  }

  /** Takes the labels of a key away; answers the bytes that they took. */
  drop(bytes: Uint8Array, start: number, length: number, slot: number, hash: number): number {
    const block = this.find(bytes, start, length, slot, hash);
    return block === 0 ? 0 : this.dropBlock(block);
  }

  dropBlock(block: number): number {
    const took = this.bytesOf(block);
    const words = this.#words(block);
    const at = wordOf(block);
    const labels = words[at + 1] >>> 16;
    for (let i = 0; i < labels; i++) this.#unlink(words[at + 4 + i]);
    this.#byKey.remove(words[at + 1] & 0xffff, words[at], block);
    this.#slab.free(block, headBytes + labels * 4 + words[at + 2] + words[at + 3]);
    this.keys--;
    return took;
  }

  /** The block of some key that has the label, 0 when none has. */
  firstOf(label: Uint8Array): number {
    const found = this.#findLabel(label, hashBytes(this.#seed, label, 0, label.length));
    return this.#at(found === 0 ? 0 : this.#words(found)[wordOf(found)]);
  }

  /** The block behind the one of `cell`, 0 at the end. */
  nextOf(cell: number): number {
    return this.#at(this.#words(cell)[wordOf(cell) + 2]);
  }

  #at(cell: number): number {
    this.cell = cell;
    return cell === 0 ? 0 : this.#words(cell)[wordOf(cell)];
  }

  /** Keys that have the label. */
  countOf(label: Uint8Array): number {
    const found = this.#findLabel(label, hashBytes(this.#seed, label, 0, label.length));
    return found === 0 ? 0 : this.#words(found)[wordOf(found) + 1];
  }

  #link(block: number, bytes: Uint8Array): number {
    const hash = hashBytes(this.#seed, bytes, 0, bytes.length);
    const label = this.#findLabel(bytes, hash) || this.#newLabel(bytes, hash);
    const cell = this.#slab.alloc(cellBytes);
    const head = this.#words(label);
    const labelAt = wordOf(label);
    const words = this.#words(cell);
    const at = wordOf(cell);
    words[at] = block;
    words[at + 1] = 0;
    words[at + 2] = head[labelAt];
    words[at + 3] = label;
    if (head[labelAt] !== 0) this.#words(head[labelAt])[wordOf(head[labelAt]) + 1] = cell;
    head[labelAt] = cell;
    head[labelAt + 1]++;
    return cell;
  }

  #unlink(cell: number): void {
    const words = this.#words(cell);
    const at = wordOf(cell);
    const [previous, next, label] = [words[at + 1], words[at + 2], words[at + 3]];
    const head = this.#words(label);
    const labelAt = wordOf(label);
    if (previous === 0) head[labelAt] = next;
    else this.#words(previous)[wordOf(previous) + 2] = next;
    if (next !== 0) this.#words(next)[wordOf(next) + 1] = previous;
    this.#slab.free(cell, cellBytes);
    if (--head[labelAt + 1] > 0) return;
    this.#labels.remove(onlyTable, head[labelAt + 2], label);
    this.#slab.free(label, headBytes + head[labelAt + 3]);
  }

  #newLabel(bytes: Uint8Array, hash: number): number {
    const label = this.#slab.alloc(headBytes + bytes.length);
    const words = this.#words(label);
    const at = wordOf(label);
    words[at] = 0;
    words[at + 1] = 0;
    words[at + 2] = hash;
    words[at + 3] = bytes.length;
    copyBytes(bytes, 0, this.#slab.bytes[label >>> slabExtentShift], (at << 2) + headBytes, bytes.length);
    this.#labels.insert(onlyTable, hash, label);
    return label;
  }

  #findLabel(bytes: Uint8Array, hash: number): number {
    for (let label = this.#labels.first(onlyTable, hash); label !== 0; label = this.#labels.next()) {
      const at = wordOf(label);
      if (this.#words(label)[at + 3] === bytes.length && sameBytes(this.#slab.bytes[label >>> slabExtentShift], (at << 2) + headBytes, bytes, 0, bytes.length)) return label;
    }
    return 0;
  }

  #keyIs(block: number, bytes: Uint8Array, start: number, length: number): boolean {
    this.open(block);
    return this.keyLength === length && sameBytes(this.bytes, this.keyStart, bytes, start, length);
  }

  #words(ref: number): Int32Array {
    return this.#slab.words[ref >>> slabExtentShift];
  }
}

const wordOf = (ref: number): number => (ref & slabUnitMask) << 2;

function sameBytes(a: Uint8Array, aStart: number, b: Uint8Array, bStart: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[aStart + i] !== b[bStart + i]) return false;
  return true;
}

/** The labels of a text, each with its scope. Throws RangeError for a text that is cut. */
function labelsOf(text: Uint8Array): Uint8Array[] {
  const labels: Uint8Array[] = [];
  const scopeEnd = 1 + text[0];
  for (let at = scopeEnd; at < text.length; ) {
    const length = (text[at + 1] << 8) | text[at + 2];
    if (at + 3 + length > text.length) throw new RangeError('labels are cut');
    const label = new Uint8Array(scopeEnd + 1 + length);
    label.set(text.subarray(0, scopeEnd));
    label[scopeEnd] = text[at];
    label.set(text.subarray(at + 3, at + 3 + length), scopeEnd + 1);
    labels.push(label);
    at += 3 + length;
  }
  return labels;
}
