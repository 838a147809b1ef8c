import { copyBytes } from '../copy-bytes.ts';
import { entryType, setForm } from '../entry-layout.ts';
import type { EntryStore } from './entry-store.ts';
import { Dict } from './dict.ts';
import { isInteger64 } from './integer-member.ts';
import type { CollectionLimits } from './limits.ts';
import { contentAt, elementBytes, packedHeaderBytes, readLength, sameBytes, writeLength } from './packed.ts';
import { Session } from './session.ts';

/** Sets that are not all integers stay packed up to here; they are reported as `hashtable` all the same, as Redis 7.0 has no other word for them. */
const maxPackedMembers = 128;
const maxPackedMemberBytes = 64;
const noBytes = new Uint8Array(0);

/** Sets: packed in the order of their coming; large as a dict without values. */
export class Sets extends Session {
  readonly type = entryType.set;
  memberBytes: Uint8Array = new Uint8Array(0);
  memberStart = 0;
  memberLength = 0;
  readonly #dict: Dict;
  #cursor = 0;

  constructor(store: EntryStore, scratch: { bytes: Uint8Array }, limits: CollectionLimits) {
    super(store, scratch, limits);
    this.#dict = new Dict(store.parts, store.seed);
  }

  get encoding(): 'intset' | 'hashtable' {
    return this.form === setForm.integers ? 'intset' : 'hashtable';
  }

  has(bytes: Uint8Array, start: number, length: number): boolean {
    if (this.root === 0) return this.#locate(bytes, start, length) >= 0;
    return this.#found(this.#dict.find(bytes, start, length));
  }

  /** False: it was there already. */
  add(bytes: Uint8Array, start: number, length: number): boolean {
    if (this.root === 0) {
      if (this.#locate(bytes, start, length) >= 0) return false;
      if (this.#staysPacked(bytes, start, length)) {
        this.#append(bytes, start, length);
        return true;
      }
      this.#convert();
    }
    if (this.#dict.set(bytes, start, length, noBytes, 0, 0) === 0) return false;
    this.touchedIt();
    return true;
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
    this.splice(at, elementBytes(length), 0);
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

  /** Visits at least `count` members if there are so many (a packed set: all); the next cursor, 0 at the end. */
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

  /** Decides the form with the new member: integers, other packed members, or (false) a dict. */
  #staysPacked(bytes: Uint8Array, start: number, length: number): boolean {
    const { size } = this;
    const integers = (size === 0 || this.form === setForm.integers) && isInteger64(bytes, start, length);
    if (integers && size < this.limits.setMaxIntsetEntries) {
      this.form = setForm.integers;
      return true;
    }
    this.form = setForm.packed;
    return size < maxPackedMembers && length <= maxPackedMemberBytes;
  }

  #append(bytes: Uint8Array, start: number, length: number): void {
    const at = this.end;
    this.splice(at, 0, elementBytes(length));
    copyBytes(bytes, start, this.packed, writeLength(this.packed, at, length), length);
    this.setPackedSize(this.size + 1);
  }

  #locate(bytes: Uint8Array, start: number, length: number): number {
    const { packed, end } = this;
    for (let at = this.start + packedHeaderBytes; at < end; ) {
      const content = contentAt(packed, at);
      const memberLength = readLength(packed, at);
      if (memberLength === length && sameBytes(packed, content, bytes, start, length)) {
        this.#view(at);
        return at;
      }
      at = content + memberLength;
    }
    return -1;
  }

  #view(at: number): number {
    this.memberBytes = this.packed;
    this.memberStart = contentAt(this.packed, at);
    this.memberLength = readLength(this.packed, at);
    return this.memberStart + this.memberLength;
  }

  #found(found: boolean): boolean {
    if (!found) return false;
    this.memberBytes = this.#dict.bytes;
    this.memberStart = this.#dict.fieldStart;
    this.memberLength = this.#dict.fieldLength;
    return true;
  }

  #convert(): void {
    const root = this.#dict.create();
    this.rewind();
    while (this.next()) this.#dict.set(this.memberBytes, this.memberStart, this.memberLength, noBytes, 0, 0);
    this.becomeLarge(root);
  }
}
