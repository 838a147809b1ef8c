import { copyBytes } from '../copy-bytes.ts';
import { keepExpiry, largeEncoding, type EntryType } from '../entry-layout.ts';
import type { EntryStore } from './entry-store.ts';
import type { CollectionLimits } from './limits.ts';
import { packedHeaderBytes } from './packed.ts';
import type { Parts } from './parts.ts';

const rootBytes = 4;
/** A packed value without elements. */
const nothingPacked = new Uint8Array(packedHeaderBytes);
const initialScratchBytes = 64 * 1024;

/**
 * What hashes, sets, lists and sorted sets share: looking at an entry (`load`), or changing it (`edit` … `done`). While a packed value is edited it lies in
 * a scratch buffer, so the log sees one new value per command, whatever the command does.
 */
export abstract class Session {
  readonly store: EntryStore;
  readonly parts: Parts;
  readonly limits: CollectionLimits;
  abstract readonly type: EntryType;
  /** The packed elements: bytes[start … end), their number in front. Empty for a large collection. */
  packed: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  /** Root of the large collection; 0 while it is packed. */
  root = 0;
  /** Encoding bits of the entry. */
  form = 0;
  #scratch: Uint8Array;
  #dirty = false;
  // What `edit` was called with.
  #bytes: Uint8Array = new Uint8Array(0);
  #keyStart = 0;
  #keyLength = 0;
  #slot = 0;
  #hash = 0;
  #nowMs = 0;
  #ref = 0;
  #oldRoot = 0;
  #oldPartBytes = 0;

  constructor(store: EntryStore, scratch: { bytes: Uint8Array }, limits: CollectionLimits) {
    this.store = store;
    this.parts = store.parts;
    this.limits = limits;
    this.#scratch = scratch.bytes;
  }

  /** The large collection `root` is the current one. */
  protected abstract openRoot(root: number): void;
  protected abstract largeSize(): number;

  /** Looks at an entry of this type. */
  load(ref: number): void {
    const { store } = this;
    store.open(ref);
    this.form = store.encodingOf(ref);
    if ((this.form & largeEncoding) !== 0) {
      this.root = store.rootOf(ref);
      this.start = 0;
      this.end = 0;
      this.openRoot(this.root);
    } else {
      this.root = 0;
      this.packed = store.entryBytes;
      this.start = store.valueStart;
      this.end = store.valueStart + store.valueLength;
    }
  }

  /** Looks at an absent key: nothing in it. */
  loadNothing(): void {
    this.root = 0;
    this.form = 0;
    this.packed = nothingPacked;
    this.start = 0;
    this.end = packedHeaderBytes;
  }

  /** Begins to change the collection at a key, which is of this type or absent; the bytes of the key must stay until `done`. */
  edit(bytes: Uint8Array, start: number, length: number, slot: number, hash: number, nowMs: number): void {
    const { store } = this;
    this.#bytes = bytes;
    this.#keyStart = start;
    this.#keyLength = length;
    this.#slot = slot;
    this.#hash = hash;
    this.#nowMs = nowMs;
    this.#dirty = false;
    this.#ref = store.find(bytes, start, length, slot, hash, nowMs);
    if (this.#ref === 0) this.loadNothing();
    else this.load(this.#ref);
    if (this.root !== 0) store.beforeEdit(this.#ref);
    this.#oldRoot = this.root;
    this.#oldPartBytes = this.root === 0 ? 0 : this.parts.bytesOf(this.root);
    if (this.root === 0) this.#toScratch();
  }

  /** Ends the change: one dot for all of it. An empty collection's key is deleted. */
  done(): void {
    if (!this.#dirty) return;
    const { store } = this;
    if (this.root !== 0 && this.#oldRoot === 0 && this.size === 0) {
      // Grew large and empty within one command.
      this.parts.doom(this.root);
      this.loadNothing();
    }
    if (this.root !== 0) store.countParts(this.#slot, this.#oldRoot === 0 ? 0 : this.#ref, this.parts.bytesOf(this.root) - this.#oldPartBytes);
    if (this.size === 0) {
      if (this.#ref !== 0) store.remove(this.#bytes, this.#keyStart, this.#keyLength, this.#slot, this.#hash, this.#nowMs);
    } else if (this.root !== 0 && this.#oldRoot !== 0) {
      store.rewrote(this.#ref, this.#nowMs);
    } else {
      this.#write();
    }
  }

  get size(): number {
    return this.root === 0 ? this.packed[this.start] | (this.packed[this.start + 1] << 8) : this.largeSize();
  }

  protected setPackedSize(size: number): void {
    this.packed[this.start] = size & 0xff;
    this.packed[this.start + 1] = size >>> 8;
  }

  protected touchedIt(): void {
    this.#dirty = true;
  }

  /** Replaces `oldLength` packed bytes at `at` by room for `newLength`. */
  protected splice(at: number, oldLength: number, newLength: number): void {
    const difference = newLength - oldLength;
    if (this.end + difference > this.packed.length) this.#growScratch(this.end + difference);
    if (difference !== 0 && at + oldLength < this.end) this.packed.copyWithin(at + newLength, at + oldLength, this.end);
    this.end += difference;
    this.#dirty = true;
  }

  /** From now on the collection is large: its elements were put under `root`. */
  protected becomeLarge(root: number): void {
    this.root = root;
    this.form = largeEncoding;
    this.start = 0;
    this.end = 0;
    this.openRoot(root);
    this.#dirty = true;
  }

  #write(): void {
    const { store } = this;
    const length = this.root === 0 ? this.end - this.start : rootBytes;
    const ref = store.spaceAnyway(this.#bytes, this.#keyStart, this.#keyLength, this.#slot, this.#hash, length, this.type, this.form, keepExpiry, this.#nowMs);
    store.open(ref);
    if (this.root === 0) copyBytes(this.packed, this.start, store.entryBytes, store.valueStart, length);
    else for (let i = 0; i < rootBytes; i++) store.entryBytes[store.valueStart + i] = (this.root >>> (i * 8)) & 0xff;
    store.wrote(ref);
  }

  #toScratch(): void {
    const length = this.end - this.start;
    if (length > this.#scratch.length) this.#scratch = new Uint8Array(length * 2);
    copyBytes(this.packed, this.start, this.#scratch, 0, length);
    this.packed = this.#scratch;
    this.start = 0;
    this.end = length;
  }

  #growScratch(bytes: number): void {
    const larger = new Uint8Array(bytes * 2);
    larger.set(this.packed.subarray(0, this.end));
    this.#scratch = larger;
    this.packed = larger;
  }
}

export function newScratch(): { bytes: Uint8Array } {
  return { bytes: new Uint8Array(initialScratchBytes) };
}
