import { copyBytes } from '../copy-bytes.ts';
import { entryType, largeEncoding } from '../entry-layout.ts';
import type { EntryStore } from './entry-store.ts';
import { Dict } from './dict.ts';
import { maxPackedElements, type CollectionLimits } from './limits.ts';
import { contentAt, elementBytes, elementEnd, packedHeaderBytes, readLength, sameBytes, writeLength } from './packed.ts';
import { Session } from './session.ts';

/** Hashes: packed as field, value, field, value … in the order of their coming; large as a dict. */
export class Hashes extends Session {
  readonly type = entryType.hash;
  fieldBytes: Uint8Array = new Uint8Array(0);
  fieldStart = 0;
  fieldLength = 0;
  valueBytes: Uint8Array = new Uint8Array(0);
  valueStart = 0;
  valueLength = 0;
  readonly #dict: Dict;
  #cursor = 0;

  constructor(store: EntryStore, scratch: { bytes: Uint8Array }, limits: CollectionLimits) {
    super(store, scratch, limits);
    this.#dict = new Dict(store.parts, store.seed);
  }

  get encoding(): 'listpack' | 'hashtable' {
    return (this.form & largeEncoding) === 0 ? 'listpack' : 'hashtable';
  }

  find(bytes: Uint8Array, start: number, length: number): boolean {
    if (this.root === 0) return this.#locate(bytes, start, length) >= 0;
    return this.#found(this.#dict.find(bytes, start, length));
  }

  /** 1: new; 0: replaced. */
  set(bytes: Uint8Array, start: number, length: number, value: Uint8Array, valueStart: number, valueLength: number): number {
    if (this.root === 0 && (length > this.limits.hashMaxListpackValue || valueLength > this.limits.hashMaxListpackValue)) this.#convert();
    if (this.root !== 0) return this.#setLarge(bytes, start, length, value, valueStart, valueLength);
    const at = this.#locate(bytes, start, length);
    if (at >= 0) {
      const old = this.valueStart - (this.fieldStart + this.fieldLength) + this.valueLength;
      const from = this.fieldStart + this.fieldLength;
      this.splice(from, old, elementBytes(valueLength));
      copyBytes(value, valueStart, this.packed, writeLength(this.packed, from, valueLength), valueLength);
      return 0;
    }
    if (this.size >= Math.min(this.limits.hashMaxListpackEntries, maxPackedElements)) {
      this.#convert();
      return this.#setLarge(bytes, start, length, value, valueStart, valueLength);
    }
    this.#append(bytes, start, length, value, valueStart, valueLength);
    return 1;
  }

  remove(bytes: Uint8Array, start: number, length: number): boolean {
    if (this.root !== 0) {
      if (!this.#dict.remove(bytes, start, length)) return false;
      this.touchedIt();
      return true;
    }
    const at = this.#locate(bytes, start, length);
    if (at < 0) return false;
    this.setPackedSize(this.size - 1);
    this.splice(at, this.valueStart + this.valueLength - at, 0);
    return true;
  }

  rewind(): void {
    this.#cursor = this.start + packedHeaderBytes;
    if (this.root !== 0) this.#dict.rewind();
  }

  next(): boolean {
    if (this.root !== 0) return this.#found(this.#dict.next());
    if (this.#cursor >= this.end) return false;
    this.#cursor = this.#view(this.#cursor);
    return true;
  }

  /** Visits at least `count` fields if there are so many (a packed hash: all); the next cursor, 0 at the end. */
  scan(cursor: number, count: number, visit: () => void): number {
    if (this.root !== 0) return this.#dict.scan(cursor, count, () => this.#found(true) && visit());
    this.rewind();
    while (this.next()) visit();
    return 0;
  }

  seekRandom(unit: number): void {
    if (this.root !== 0) {
      this.#dict.seekRandom(unit);
      this.#found(true);
      return;
    }
    this.rewind();
    for (let i = Math.floor(unit * this.size); i >= 0; i--) this.next();
  }

  protected openRoot(root: number): void {
    this.#dict.open(root);
  }

  protected largeSize(): number {
    return this.#dict.size;
  }

  #setLarge(bytes: Uint8Array, start: number, length: number, value: Uint8Array, valueStart: number, valueLength: number): number {
    this.touchedIt();
    return this.#dict.set(bytes, start, length, value, valueStart, valueLength);
  }

  #append(bytes: Uint8Array, start: number, length: number, value: Uint8Array, valueStart: number, valueLength: number): void {
    let at = this.end;
    this.splice(at, 0, elementBytes(length) + elementBytes(valueLength));
    at = writeLength(this.packed, at, length);
    copyBytes(bytes, start, this.packed, at, length);
    at = writeLength(this.packed, at + length, valueLength);
    copyBytes(value, valueStart, this.packed, at, valueLength);
    this.setPackedSize(this.size + 1);
  }

  /** Where the field's element begins, with the views set; -1 if it is not there. */
  #locate(bytes: Uint8Array, start: number, length: number): number {
    const { packed, end } = this;
    for (let at = this.start + packedHeaderBytes; at < end; ) {
      const content = contentAt(packed, at);
      const fieldLength = readLength(packed, at);
      if (fieldLength === length && sameBytes(packed, content, bytes, start, length)) {
        this.#view(at);
        return at;
      }
      at = elementEnd(packed, content + fieldLength);
    }
    return -1;
  }

  #view(at: number): number {
    const { packed } = this;
    this.fieldBytes = packed;
    this.fieldStart = contentAt(packed, at);
    this.fieldLength = readLength(packed, at);
    const value = this.fieldStart + this.fieldLength;
    this.valueBytes = packed;
    this.valueStart = contentAt(packed, value);
    this.valueLength = readLength(packed, value);
    return this.valueStart + this.valueLength;
  }

  #found(found: boolean): boolean {
    if (!found) return false;
    const dict = this.#dict;
    this.fieldBytes = dict.bytes;
    this.fieldStart = dict.fieldStart;
    this.fieldLength = dict.fieldLength;
    this.valueBytes = dict.bytes;
    this.valueStart = dict.valueStart;
    this.valueLength = dict.valueLength;
    return true;
  }

  #convert(): void {
    const root = this.#dict.create();
    this.rewind();
    while (this.next()) this.#dict.set(this.fieldBytes, this.fieldStart, this.fieldLength, this.valueBytes, this.valueStart, this.valueLength);
    this.becomeLarge(root);
  }
}
