import { copyBytes } from '../../engine/copy-bytes.ts';
import { compareBytes, sameBytes } from '../../engine/collections/packed.ts';
import { WordColumns } from './columns.ts';
import type { WorkingMemory } from './working-memory.ts';

const wordsPerRow = 3;
/** Copies lie in pieces of this size; what is larger has one of its own. */
const copyPieceBytes = 1024 * 1024;

/**
 * Elements of collections that a command works on: where their bytes lie, in 12 bytes each. They hold as long as the store is not changed; `own` copies them out of it.
 */
export class ElementRows {
  count = 0;
  /** The row that `look` was asked for. */
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  length = 0;
  readonly #memory: WorkingMemory;
  readonly #words: WordColumns;
  /** The buffers in which elements lie: segments and slabs of the store, few and large. */
  readonly #buffers: Uint8Array[] = [];
  readonly #numbers = new Map<Uint8Array, number>();
  #lastBuffer: Uint8Array | undefined = undefined;
  #lastNumber = 0;
  #copies = new Uint8Array(0);
  #copied = 0;

  constructor(memory: WorkingMemory) {
    this.#memory = memory;
    this.#words = new WordColumns(memory, wordsPerRow);
  }

  /** Returns its row. */
  add(bytes: Uint8Array, start: number, length: number): number {
    const row = this.count++;
    this.set(row, bytes, start, length);
    return row;
  }

  set(row: number, bytes: Uint8Array, start: number, length: number): void {
    const words = this.#words.piece(row);
    const at = this.#words.at(row);
    words[at] = bytes === this.#lastBuffer ? this.#lastNumber : this.#numberOf(bytes);
    words[at + 1] = start;
    words[at + 2] = length;
  }

  look(row: number): void {
    const words = this.#words.piece(row);
    const at = this.#words.at(row);
    this.bytes = this.#buffers[words[at]];
    this.start = words[at + 1];
    this.length = words[at + 2];
  }

  lengthOf(row: number): number {
    return this.#words.piece(row)[this.#words.at(row) + 2];
  }

  /** In the order of bytes. */
  compare(left: number, right: number): number {
    const leftWords = this.#words.piece(left);
    const leftAt = this.#words.at(left);
    const rightWords = this.#words.piece(right);
    const rightAt = this.#words.at(right);
    return compareBytes(this.#buffers[leftWords[leftAt]], leftWords[leftAt + 1], leftWords[leftAt + 2], this.#buffers[rightWords[rightAt]], rightWords[rightAt + 1], rightWords[rightAt + 2]);
  }

  is(row: number, bytes: Uint8Array, start: number, length: number): boolean {
    const words = this.#words.piece(row);
    const at = this.#words.at(row);
    return words[at + 2] === length && sameBytes(this.#buffers[words[at]], words[at + 1], bytes, start, length);
  }

  /** Copies the row's bytes out of the store. */
  own(row: number): void {
    this.look(row);
    const { length } = this;
    if (this.#copied + length > this.#copies.length) {
      this.#copies = this.#memory.bytes(Math.max(length, Math.min(copyPieceBytes, Math.max(256, this.#copies.length * 4))));
      this.#copied = 0;
    }
    copyBytes(this.bytes, this.start, this.#copies, this.#copied, length);
    this.set(row, this.#copies, this.#copied, length);
    this.#copied += length;
  }

  #numberOf(bytes: Uint8Array): number {
    let number = this.#numbers.get(bytes);
    if (number === undefined) {
      number = this.#buffers.push(bytes) - 1;
      this.#numbers.set(bytes, number);
    }
    this.#lastBuffer = bytes;
    this.#lastNumber = number;
    return number;
  }
}
