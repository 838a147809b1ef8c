import { slotCount } from '../../shared/slots/crc16.ts';
import type { EntrySource, EvictionPolicy } from '../eviction/policy.ts';
import { copyBytes } from './copy-bytes.ts';
import { changeKind, type ChangeFeed, type ChangeKind } from './change-feed.ts';
import {
  encodingShift, entryType, extentShift, flagExpires, headerBytes, keyLengthMask, largeEncoding, maxExpiryMs, namespaceMask, namespaceShift, slotMask, typeShift, unitMask, unitsOf,
  valueLengthMask, type EntryType,
} from './entry-layout.ts';
import { hashBytes, hashSeed, type HashSeed } from './hash.ts';
import { Collections } from './collections/collections.ts';
import { Parts } from './collections/parts.ts';
import { SegmentLog } from './log.ts';
import { Slab } from './slab.ts';
import { reverseBits, SlotIndex } from './slot-index.ts';

export interface StoreOptions {
  /** Seed of key hashes, common to the copies of a shard. */
  readonly seed: number;
  /** Limit of everything that `committedBytes` counts; 0: none. */
  readonly limitBytes?: number;
  /** Limit of keys; 0: none. */
  readonly limitKeys?: number;
  /** Power of two, 64 KiB to 32 MiB. */
  readonly segmentBytes?: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Expiry arguments of `put`: what is not a time. */
export const noExpiry = 0;
export const keepExpiry = -1;

/** Hashes, and so cursors, count this many per slot. */
const hashRange = 2 ** 31;
/** Value of a large collection's entry. */
const rootBytes = 4;
const largeBit = largeEncoding << encodingShift;
const two32 = 4294967296;
const defaultSegmentBytes = 1024 * 1024;

/**
 * The store of one shard. A key is (bytes, start, length, slot, hash); an entry is known by its reference, which holds until the next change of the
 * store. Time comes only by argument. node/engine/README.md shows how commands use it.
 */
export class Store implements EntrySource {
  readonly seed: HashSeed;
  readonly index: SlotIndex = new SlotIndex(new Slab());
  readonly log: SegmentLog;
  /** Memory of large collections. */
  readonly parts: Parts = new Parts();
  /** Hashes, sets, lists and sorted sets. */
  readonly collections: Collections;
  policy: EvictionPolicy | undefined = undefined;
  feed: ChangeFeed | undefined = undefined;
  /** A replica hides what is expired and never deletes it (P16). */
  replica = false;
  limitBytes: number;
  limitKeys: number;
  /** Bytes that others hold against the limit: output buffers, clients, replication backlog. Set by the server. */
  externalBytes = 0;
  /** Id of (map generation, lease epoch) for the dots of writes from now on. */
  epochId = 0;
  /** Units of record memory by slot; keys by slot are in the index. */
  readonly slotUnits: Uint32Array = new Uint32Array(slotCount);
  readonly slotSequence: Float64Array = new Float64Array(slotCount);
  readonly namespaceBytes: Float64Array = new Float64Array(namespaceMask + 1);
  readonly namespaceKeys: Int32Array = new Int32Array(namespaceMask + 1);
  /** Keys that have an expiry. */
  expiringKeys = 0;
  hits = 0;
  misses = 0;
  expiredKeys = 0;
  evictedKeys = 0;
  // --- the entry that `open` looked at
  entryBytes: Uint8Array = new Uint8Array(0);
  keyStart = 0;
  keyLength = 0;
  valueStart = 0;
  valueLength = 0;
  readonly #random: () => number;
  /** The entry being changed: making room for it does not evict it. */
  #pinned = 0;
  /** Room was promised: a write goes on when nothing can be evicted. */
  #allowed = false;
  /** Root that RENAME gives to another key: removing the old one leaves it alone. */
  #sparedRoot = 0;

  constructor(options: StoreOptions) {
    this.seed = hashSeed(options.seed);
    this.log = new SegmentLog(options.segmentBytes ?? defaultSegmentBytes);
    this.limitBytes = options.limitBytes ?? 0;
    this.limitKeys = options.limitKeys ?? 0;
    this.#random = options.random;
    this.collections = new Collections(this);
  }

  // ------------------------------------------------------------------ keys

  hashKey(bytes: Uint8Array, start: number, length: number): number {
    return hashBytes(this.seed, bytes, start, length);
  }

  touchIndex(keyHash: number, keySlot: number): number {
    return this.index.touch(keySlot, keyHash);
  }

  touchEntry(keyHash: number, keySlot: number): number {
    const ref = this.index.first(keySlot, keyHash);
    if (ref === 0) return 0;
    const words = this.log.words[ref >>> extentShift];
    const at = (ref & unitMask) << 1;
    // Two lines: header, key and the start of the value.
    return words[at] ^ words[at + 16];
  }

  /** The entry of a key whatever its age, 0 if there is none. */
  locate(bytes: Uint8Array, start: number, length: number, slot: number, hash: number): number {
    const index = this.index;
    for (let ref = index.first(slot, hash); ref !== 0; ref = index.next()) if (this.#keyIs(ref, bytes, start, length)) return ref;
    return 0;
  }

  /** The entry of a living key, 0 if there is none. An expired one is deleted on the way. Does not count as use. */
  find(bytes: Uint8Array, start: number, length: number, slot: number, hash: number, nowMs: number): number {
    const ref = this.locate(bytes, start, length, slot, hash);
    if (ref === 0 || !this.isExpired(ref, nowMs)) return ref;
    if (!this.replica) this.#expire(ref, slot, hash);
    return 0;
  }

  /** As `find`; counts as a hit or miss and, unless `quiet`, as use for eviction. */
  read(bytes: Uint8Array, start: number, length: number, slot: number, hash: number, nowMs: number, quiet = false): number {
    const ref = this.find(bytes, start, length, slot, hash, nowMs);
    if (ref === 0) {
      this.misses++;
      return 0;
    }
    this.hits++;
    if (!quiet && this.policy !== undefined) this.policy.touched(ref);
    return ref;
  }

  // ------------------------------------------------------------------ entries

  /** Sets entryBytes, keyStart, keyLength, valueStart, valueLength. */
  open(ref: number): void {
    const extent = ref >>> extentShift;
    const words = this.log.words[extent];
    const at = (ref & unitMask) << 1;
    const keyLength = words[at] & keyLengthMask;
    const keyStart = (at << 2) + headerBytes;
    this.entryBytes = this.log.bytes[extent];
    this.keyStart = keyStart;
    this.keyLength = keyLength;
    this.valueStart = keyStart + keyLength;
    this.valueLength = words[at + 1] & valueLengthMask;
  }

  typeOf(ref: number): EntryType {
    return ((this.#word(ref, 0) >>> typeShift) & 7) as EntryType;
  }

  encodingOf(ref: number): number {
    return (this.#word(ref, 0) >>> encodingShift) & 7;
  }

  /** The value's parts lie in the slab. */
  isLarge(ref: number): boolean {
    return (this.#word(ref, 0) & largeBit) !== 0 && this.typeOf(ref) !== entryType.string;
  }

  /** Root of a large collection. */
  rootOf(ref: number): number {
    this.open(ref);
    const { entryBytes, valueStart } = this;
    return entryBytes[valueStart] | (entryBytes[valueStart + 1] << 8) | (entryBytes[valueStart + 2] << 16) | (entryBytes[valueStart + 3] << 24);
  }

  slotOf(ref: number): number {
    return this.#word(ref, 2) & slotMask;
  }

  namespaceOf(ref: number): number {
    return (this.#word(ref, 2) >>> namespaceShift) & namespaceMask;
  }

  hashOf(ref: number): number {
    const extent = ref >>> extentShift;
    const at = (ref & unitMask) << 1;
    return hashBytes(this.seed, this.log.bytes[extent], (at << 2) + headerBytes, this.log.words[extent][at] & keyLengthMask);
  }

  /** Milliseconds since the Unix epoch, `noExpiry` (0) where there is none. */
  expiryOf(ref: number): number {
    const words = this.log.words[ref >>> extentShift];
    const at = (ref & unitMask) << 1;
    if ((words[at] & flagExpires) === 0) return noExpiry;
    return (words[at + 5] & 0xffff) * two32 + (words[at + 4] >>> 0);
  }

  isExpired(ref: number, nowMs: number): boolean {
    const words = this.log.words[ref >>> extentShift];
    const at = (ref & unitMask) << 1;
    if ((words[at] & flagExpires) === 0) return false;
    return (words[at + 5] & 0xffff) * two32 + (words[at + 4] >>> 0) <= nowMs;
  }

  expires(ref: number): boolean {
    return (this.#word(ref, 0) & flagExpires) !== 0;
  }

  /** Sequence of the slot's write that made the entry what it is. */
  sequenceOf(ref: number): number {
    const words = this.log.words[ref >>> extentShift];
    const at = (ref & unitMask) << 1;
    const high = (words[at + 2] >>> 26) | ((words[at + 1] >>> 30) << 6);
    return high * two32 + (words[at + 6] >>> 0);
  }

  epochOf(ref: number): number {
    return this.#word(ref, 5) >>> 16;
  }

  /** Seconds of the HLC of the last write. */
  writtenAtSeconds(ref: number): number {
    return this.#word(ref, 7) >>> 0;
  }

  /** Bytes that go when the entry goes (MEMORY USAGE): its record and its pair in the index. */
  bytesOf(ref: number): number {
    this.open(ref);
    return unitsOf(headerBytes + this.keyLength + this.valueLength) * 8 + 8 + (this.isLarge(ref) ? this.parts.bytesOf(this.rootOf(ref)) : 0);
  }

  evictionWord(ref: number): number {
    return this.#word(ref, 3);
  }

  setEvictionWord(ref: number, word: number): void {
    this.log.words[ref >>> extentShift][((ref & unitMask) << 1) + 3] = word;
  }

  get entryCount(): number {
    return this.index.total;
  }

  drawEntry(): number {
    return this.index.draw(this.#random(), this.#random());
  }

  /**
   * One step of a walk over all keys in slot order: adds the references of the next page to `refs` and returns the next cursor, 0 at the end. A key that is there
   * during the whole walk is met at least once, however the index grows or shrinks; the order is that of hashes under the shard's seed.
   */
  scanStep(cursor: number, refs: number[], lastSlot = slotCount - 1): number {
    let slot = Math.floor(cursor / hashRange);
    let reversed = cursor - slot * hashRange;
    const index = this.index;
    while (slot <= lastSlot) {
      if (index.keysIn(slot) === 0) {
        slot++;
        reversed = 0;
        continue;
      }
      const before = refs.length;
      const count = index.openPage(slot, index.pageFrom(slot, reversed));
      for (let i = 0; i < count; i++) if (reverseBits(index.hashAt(i)) >= reversed) refs.push(index.refAt(i));
      const end = index.endOfPage(slot, reversed);
      if (end < hashRange) {
        reversed = end;
      } else {
        slot++;
        reversed = 0;
      }
      if (refs.length > before) break;
    }
    return slot > lastSlot ? 0 : slot * hashRange + reversed;
  }

  /** Copies an entry's value and expiry to another key, replacing what is there. False when there is no room. */
  copyEntry(from: number, bytes: Uint8Array, start: number, length: number, slot: number, hash: number, nowMs: number): boolean {
    if (!this.isLarge(from)) return this.#copyFlat(from, bytes, start, length, slot, hash, nowMs);
    const copy = this.collections.copyRoot(this.typeOf(from), this.rootOf(from));
    const done = this.#putRoot(copy, from, bytes, start, length, slot, hash, nowMs);
    if (!done) this.parts.doom(copy);
    return done;
  }

  /** As `copyEntry` for a key that is deleted next: the parts of a large collection change their owner. */
  moveEntry(from: number, bytes: Uint8Array, start: number, length: number, slot: number, hash: number, nowMs: number): boolean {
    if (!this.isLarge(from)) return this.#copyFlat(from, bytes, start, length, slot, hash, nowMs);
    this.#sparedRoot = this.rootOf(from);
    const done = this.#putRoot(this.#sparedRoot, from, bytes, start, length, slot, hash, nowMs);
    if (!done) this.#sparedRoot = 0;
    return done;
  }

  soonestToExpire(): number {
    return 0;
  }

  // ------------------------------------------------------------------ changes

  /**
   * Writes a whole value. `expireAtMs` is a time, `noExpiry` or `keepExpiry`. False when there is no room for it (nothing was changed).
   * Key and value may not lie in the store itself: making room moves and removes entries.
   */
  put(
    bytes: Uint8Array, keyStart: number, keyLength: number, slot: number, hash: number, value: Uint8Array, valueStart: number, valueLength: number,
    encoding: number, expireAtMs: number, nowMs: number,
  ): boolean {
    const ref = this.space(bytes, keyStart, keyLength, slot, hash, valueLength, entryType.string, encoding, expireAtMs, nowMs);
    if (ref === 0) return false;
    copyBytes(value, valueStart, this.log.bytes[ref >>> extentShift], ((ref & unitMask) << 3) + headerBytes + keyLength, valueLength);
    this.wrote(ref);
    return true;
  }

  /**
   * Makes room for a value of `valueLength` bytes under the key and returns the entry, 0 when there is no room. The caller fills the value (`open`) and then
   * calls `wrote`. What the old value held is kept as far as it reaches when `keep` is set; otherwise the bytes are arbitrary.
   */
  space(
    bytes: Uint8Array, keyStart: number, keyLength: number, slot: number, hash: number, valueLength: number, type: EntryType, encoding: number, expireAtMs: number,
    nowMs: number, keep = false,
  ): number {
    const units = unitsOf(headerBytes + keyLength + valueLength);
    const old = this.locate(bytes, keyStart, keyLength, slot, hash);
    if (old === 0) return this.#create(bytes, keyStart, keyLength, slot, hash, valueLength, units, type, encoding, expireAtMs, nowMs);
    const words = this.log.words[old >>> extentShift];
    const at = (old & unitMask) << 1;
    const oldUnits = unitsOf(headerBytes + keyLength + (words[at + 1] & valueLengthMask));
    let expiry = expireAtMs;
    const oldExpiry = this.expiryOf(old);
    const root = this.isLarge(old) ? this.rootOf(old) : 0;
    if (expireAtMs === keepExpiry) expiry = oldExpiry !== noExpiry && oldExpiry <= nowMs ? noExpiry : oldExpiry;
    let ref = old;
    if (units !== oldUnits) {
      ref = this.#resizeEntry(old, oldUnits, units, slot, hash, keep);
      if (ref === 0) return 0;
    }
    if (root !== 0) this.#doom(root, ref, slot);
    this.#account(slot, this.namespaceOf(ref), units - oldUnits);
    this.#writeHeader(ref, keyLength, valueLength, type, encoding, slot);
    this.#setExpiryWords(ref, expiry, oldExpiry);
    this.#stamp(ref, slot, nowMs);
    if (this.policy !== undefined) this.policy.touched(ref);
    return ref;
  }

  /** As `space`, for what was allowed already: it may overstep the limit when nothing can be evicted. */
  spaceAnyway(
    bytes: Uint8Array, keyStart: number, keyLength: number, slot: number, hash: number, valueLength: number, type: EntryType, encoding: number, expireAtMs: number,
    nowMs: number,
  ): number {
    this.#allowed = true;
    const ref = this.space(bytes, keyStart, keyLength, slot, hash, valueLength, type, encoding, expireAtMs, nowMs);
    this.#allowed = false;
    return ref;
  }

  /** A large collection changed: its entry gets a new dot. */
  rewrote(ref: number, nowMs: number): void {
    this.#stamp(ref, this.slotOf(ref), nowMs);
    if (this.policy !== undefined) this.policy.touched(ref);
    this.wrote(ref);
  }

  /** The parts of a collection grew by `bytes`. */
  countParts(slot: number, ref: number, bytes: number): void {
    this.#account(slot, ref === 0 ? 0 : this.namespaceOf(ref), bytes / 8);
  }

  /** The value of `ref` is complete: tells the change feed. */
  wrote(ref: number): void {
    if (this.feed !== undefined) this.#tell(changeKind.put, ref);
  }

  /** Sets or takes away (`noExpiry`) the expiry of an entry. */
  setExpiry(ref: number, expireAtMs: number, nowMs: number): void {
    this.#setExpiryWords(ref, expireAtMs, this.expiryOf(ref));
    this.#stamp(ref, this.slotOf(ref), nowMs);
    if (this.feed !== undefined) this.#tell(changeKind.expiry, ref);
  }

  /** Deletes a key; false when it was not there (or expired). */
  remove(bytes: Uint8Array, start: number, length: number, slot: number, hash: number, nowMs: number): boolean {
    const ref = this.find(bytes, start, length, slot, hash, nowMs);
    if (ref === 0) return false;
    this.#drop(ref, slot, hash, changeKind.deleted);
    return true;
  }

  /** Deletes an entry that `isExpired` said has expired. */
  removeExpired(ref: number): void {
    this.#expire(ref, this.slotOf(ref), this.hashOf(ref));
  }

  /** Deletes everything at once. */
  flush(): void {
    this.index.clear();
    this.index.slab.clear();
    this.parts.clear();
    this.log.clear();
    this.slotUnits.fill(0);
    this.namespaceBytes.fill(0);
    this.namespaceKeys.fill(0);
    this.expiringKeys = 0;
    if (this.policy !== undefined) this.policy.cleared();
    if (this.feed !== undefined) this.feed.flushed();
  }

  /** Evicts one entry; false when the policy spares all. */
  evictOne(): boolean {
    const policy = this.policy;
    if (policy === undefined) return false;
    let ref = policy.victim();
    if (ref !== 0 && ref === this.#pinned) {
      policy.removed(ref);
      policy.added(ref, this.hashOf(ref));
      ref = policy.victim();
    }
    if (ref === 0 || ref === this.#pinned) return false;
    this.evictedKeys++;
    this.#drop(ref, this.slotOf(ref), this.hashOf(ref), changeKind.evicted);
    return true;
  }

  /** Evicts until `keys` new entries with `bytes` of keys and values fit; false when they cannot. */
  makeRoomFor(bytes: number, keys: number): boolean {
    return this.#makeRoom(unitsOf(bytes + keys * (headerBytes + 16)), keys);
  }

  // ------------------------------------------------------------------ memory

  /** Bytes of what lives: records, index, queues. */
  get usedBytes(): number {
    return this.log.liveUnits * 8 + this.parts.usedBytes + this.index.slab.usedBytes + this.#fixedBytes() + (this.policy === undefined ? 0 : this.policy.memoryBytes);
  }

  /** Bytes that the system gave: dead and unused space included. The limit is about these. */
  get committedBytes(): number {
    return this.log.committedBytes + this.parts.committedBytes + this.index.slab.committedBytes + this.#fixedBytes() + this.externalBytes + (this.policy === undefined ? 0 : this.policy.memoryBytes);
  }

  #fixedBytes(): number {
    return this.index.heads.byteLength + this.slotUnits.byteLength + this.slotSequence.byteLength + this.namespaceBytes.byteLength + this.namespaceKeys.byteLength;
  }

  // ------------------------------------------------------------------ inside

  #copyFlat(from: number, bytes: Uint8Array, start: number, length: number, slot: number, hash: number, nowMs: number): boolean {
    this.open(from);
    const value = this.entryBytes.slice(this.valueStart, this.valueStart + this.valueLength);
    const ref = this.space(bytes, start, length, slot, hash, value.length, this.typeOf(from), this.encodingOf(from), this.expiryOf(from), nowMs);
    if (ref === 0) return false;
    this.open(ref);
    copyBytes(value, 0, this.entryBytes, this.valueStart, value.length);
    this.wrote(ref);
    return true;
  }

  /** Gives a key the large collection `root`, with type and expiry of `from`. */
  #putRoot(root: number, from: number, bytes: Uint8Array, start: number, length: number, slot: number, hash: number, nowMs: number): boolean {
    const ref = this.space(bytes, start, length, slot, hash, rootBytes, this.typeOf(from), largeEncoding, this.expiryOf(from), nowMs);
    if (ref === 0) return false;
    this.open(ref);
    for (let i = 0; i < rootBytes; i++) this.entryBytes[this.valueStart + i] = (root >>> (i * 8)) & 0xff;
    this.countParts(slot, ref, this.parts.bytesOf(root));
    this.wrote(ref);
    return true;
  }

  #word(ref: number, word: number): number {
    return this.log.words[ref >>> extentShift][((ref & unitMask) << 1) + word];
  }

  #keyIs(ref: number, bytes: Uint8Array, start: number, length: number): boolean {
    const extent = ref >>> extentShift;
    const at = (ref & unitMask) << 1;
    if ((this.log.words[extent][at] & keyLengthMask) !== length) return false;
    const own = this.log.bytes[extent];
    const from = (at << 2) + headerBytes;
    for (let i = 0; i < length; i++) if (own[from + i] !== bytes[start + i]) return false;
    return true;
  }

  #create(
    bytes: Uint8Array, keyStart: number, keyLength: number, slot: number, hash: number, valueLength: number, units: number, type: EntryType, encoding: number,
    expireAtMs: number, nowMs: number,
  ): number {
    if (!this.#makeRoom(units, 1)) return 0;
    const ref = this.log.allocate(units, 0);
    const extent = ref >>> extentShift;
    const words = this.log.words[extent];
    const at = (ref & unitMask) << 1;
    words[at + 2] = slot;
    words[at + 3] = 0;
    this.#writeHeader(ref, keyLength, valueLength, type, encoding, slot);
    copyBytes(bytes, keyStart, this.log.bytes[extent], (at << 2) + headerBytes, keyLength);
    this.#setExpiryWords(ref, expireAtMs === keepExpiry ? noExpiry : expireAtMs, noExpiry);
    this.#stamp(ref, slot, nowMs);
    this.index.insert(slot, hash, ref);
    this.namespaceKeys[0]++;
    this.#account(slot, 0, units);
    if (this.policy !== undefined) this.policy.added(ref, hash);
    return ref;
  }

  /** Type, lengths and encoding; flags are set anew by the expiry. */
  #writeHeader(ref: number, keyLength: number, valueLength: number, type: EntryType, encoding: number, slot: number): void {
    const words = this.log.words[ref >>> extentShift];
    const at = (ref & unitMask) << 1;
    words[at] = keyLength | (type << typeShift) | (encoding << encodingShift);
    words[at + 1] = valueLength;
    words[at + 2] = (words[at + 2] & (namespaceMask << namespaceShift)) | slot;
  }

  #setExpiryWords(ref: number, expireAtMs: number, oldExpiryMs: number): void {
    const words = this.log.words[ref >>> extentShift];
    const at = (ref & unitMask) << 1;
    if (oldExpiryMs !== noExpiry) this.expiringKeys--;
    if (expireAtMs === noExpiry) {
      words[at] &= ~flagExpires;
    } else {
      const time = Math.min(expireAtMs, maxExpiryMs);
      this.expiringKeys++;
      words[at] |= flagExpires;
      words[at + 4] = time | 0;
      words[at + 5] = (words[at + 5] & 0xffff0000) | Math.floor(time / two32);
    }
    if (this.policy !== undefined && (expireAtMs === noExpiry) !== (oldExpiryMs === noExpiry)) this.policy.expiryChanged(ref);
  }

  /** Gives the entry its dot (V1) and the second of its write. */
  #stamp(ref: number, slot: number, nowMs: number): void {
    const words = this.log.words[ref >>> extentShift];
    const at = (ref & unitMask) << 1;
    const sequence = ++this.slotSequence[slot];
    words[at + 6] = sequence | 0;
    if (sequence >= two32) {
      const high = Math.floor(sequence / two32);
      words[at + 1] = (words[at + 1] & valueLengthMask) | ((high >>> 6) << 30);
      words[at + 2] = (words[at + 2] & 0x3ffffff) | (high << 26);
    }
    words[at + 5] = (words[at + 5] & 0xffff) | (this.epochId << 16);
    words[at + 7] = (nowMs / 1000) | 0;
  }

  /** Makes the entry's record `units` long, in place or elsewhere (then header, key and, with `keep`, the value move). 0: no room. */
  #resizeEntry(old: number, oldUnits: number, units: number, slot: number, hash: number, keep: boolean): number {
    let ref = old;
    const inPlace = !this.log.isRun(old);
    if (units < oldUnits && inPlace) {
      this.log.trim(old, oldUnits, units);
      return old;
    }
    if (units > oldUnits) {
      this.#pinned = old;
      const room = this.#makeRoom(units - oldUnits, 0);
      ref = this.#pinned;
      this.#pinned = 0;
      if (!room) return 0;
      if (inPlace && this.log.extend(ref, oldUnits, units)) return ref;
    }
    return this.#relocate(ref, oldUnits, units, slot, hash, keep);
  }

  #relocate(old: number, oldUnits: number, units: number, slot: number, hash: number, keep: boolean): number {
    const ref = this.log.allocate(units, 0);
    this.open(old);
    const length = headerBytes + this.keyLength + (keep ? Math.min(this.valueLength, units * 8 - headerBytes - this.keyLength) : 0);
    copyBytes(this.entryBytes, this.keyStart - headerBytes, this.log.bytes[ref >>> extentShift], (ref & unitMask) << 3, length);
    this.index.replace(slot, hash, old, ref);
    if (this.policy !== undefined) this.policy.moved(ref);
    this.log.release(old, oldUnits);
    return ref;
  }

  #account(slot: number, namespace: number, units: number): void {
    this.slotUnits[slot] += units;
    this.namespaceBytes[namespace] += units * 8;
  }

  #expire(ref: number, slot: number, hash: number): void {
    this.expiredKeys++;
    this.#drop(ref, slot, hash, changeKind.expired);
  }

  #drop(ref: number, slot: number, hash: number, kind: ChangeKind): void {
    this.slotSequence[slot]++;
    if (this.feed !== undefined) this.#tell(kind, ref);
    if (this.policy !== undefined) this.policy.removed(ref);
    if (this.expires(ref)) this.expiringKeys--;
    if (this.isLarge(ref)) this.#doom(this.rootOf(ref), ref, slot);
    this.open(ref);
    const units = unitsOf(headerBytes + this.keyLength + this.valueLength);
    const namespace = this.namespaceOf(ref);
    this.#account(slot, namespace, -units);
    this.namespaceKeys[namespace]--;
    this.index.remove(slot, hash, ref);
    this.log.release(ref, units);
  }

  /** The collection at the entry goes; its parts are freed in slices. */
  #doom(root: number, ref: number, slot: number): void {
    this.#account(slot, this.namespaceOf(ref), -this.parts.bytesOf(root) / 8);
    if (root === this.#sparedRoot) this.#sparedRoot = 0;
    else this.parts.doom(root);
  }

  #tell(kind: ChangeKind, ref: number): void {
    const slot = this.slotOf(ref);
    (this.feed as ChangeFeed).changed(kind, slot, this.slotSequence[slot], ref);
  }

  /** Evicts until a record of `units` more fits under the limit. */
  #makeRoom(units: number, keys: number): boolean {
    if (this.limitKeys !== 0) while (this.index.total + keys > this.limitKeys) if (!this.evictOne()) return this.#allowed;
    if (this.limitBytes !== 0) while (this.committedBytes + units * 8 > this.limitBytes) if (!this.evictOne()) return this.#allowed;
    return true;
  }
}
