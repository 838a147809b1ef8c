import { changeKind } from './change-feed.ts';
import { Collections } from './collections/collections.ts';
import { Compactor, type MoveListener } from './compaction.ts';
import { copyBytes } from './copy-bytes.ts';
import {
  checksumBytes, entryType, extentShift, flagChecked, generationMask, generationShift, headerBytes, keepExpiry, largeEncoding, namespaceShift, noExpiry, recordUnits, unitMask, unitsOf,
  type EntryType,
} from './entry-layout.ts';
import { hashSeed } from './hash.ts';
import { housekeep } from './housekeeping.ts';
import { MemoryBudget } from './memory-budget.ts';
import { Namespaced } from './namespaced.ts';
import { namespaceFlag, refusal, type Namespaces } from './namespaces.ts';

export interface StoreOptions {
  /** Seed of key hashes, common to the copies of a shard. */
  readonly seed: number;
  /** Limit of everything that `committedBytes` counts; 0: none. */
  readonly limitBytes?: number;
  /** Limit of keys; 0: none. */
  readonly limitKeys?: number;
  /** Limit of the records' own bytes (as a namespace's quota counts them); 0: none. */
  readonly limitWeightBytes?: number;
  /** Power of two, 64 KiB to 32 MiB. */
  readonly segmentBytes?: number;
  /** Which entries carry a CRC-32C that is checked whenever they are read: none, one of 64 (values up to 64 KiB), all. */
  readonly verify?: keyof typeof checkMasks;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export { keepExpiry, noExpiry };

const checkMasks = { off: -1, sampled: 63, always: 0 } as const;

const mostSampledBytes = 64 * 1024;

/** Value of a large collection's entry. */
const rootBytes = 4;
/** From this size on (64 KiB) a write first looks whether it can fit at all. */
const largeUnits = 8 * 1024;
const defaultSegmentBytes = 1024 * 1024;

/**
 * The store of one shard. A key is (bytes, start, length, slot, hash); an entry is known by its reference, which holds until the next change of the
 * store. Time comes only by argument. node/engine/README.md shows how commands use it.
 */
export class Store extends Namespaced implements MoveListener {
  /** Hashes, sets, lists and sorted sets. */
  readonly collections: Collections;
  limitBytes: number;
  limitKeys: number;
  limitWeightBytes: number;
  hits = 0;
  misses = 0;
  /** Reads of entries whose checksum was wrong: they were not served. */
  damagedReads = 0;
  readonly compactor: Compactor;
  readonly budget: MemoryBudget;
  /** Room was promised: a write goes on when nothing can be evicted. */
  #allowed = false;
  /** Entries whose hash has none of these bits carry a checksum; -1: none does. */
  readonly #checkMask: number;

  constructor(options: StoreOptions) {
    super(hashSeed(options.seed), options.segmentBytes ?? defaultSegmentBytes, options.random);
    this.limitBytes = options.limitBytes ?? 0;
    this.#checkMask = checkMasks[options.verify ?? 'off'];
    if (options.verify === 'sampled') this.mostSummedBytes = mostSampledBytes;
    this.limitKeys = options.limitKeys ?? 0;
    this.limitWeightBytes = options.limitWeightBytes ?? 0;
    this.compactor = new Compactor(this.log, this.index, this.seed, this);
    this.budget = new MemoryBudget(this);
    this.collections = new Collections(this);
  }

  // ------------------------------------------------------------------ keys

  /** The entry of a living key, 0 if there is none. An expired one is deleted on the way. Does not count as use. */
  find(bytes: Uint8Array, start: number, length: number, slot: number, hash: number, nowMs: number): number {
    const ref = this.locate(bytes, start, length, slot, hash);
    if (ref === 0) return 0;
    if (this.isExpired(ref, nowMs)) {
      if (!this.replica && !this.expiryPaused && !(this.namespaces !== undefined && this.isStale(ref, nowMs))) this.expire(ref, slot, hash);
      return 0;
    }
    if (this.#checkMask < 0 || this.isSound(ref)) return ref;
    this.damagedReads++;
    return 0;
  }

  /** As `find`; counts as a hit or miss and, unless `quiet`, as use for eviction. */
  read(bytes: Uint8Array, start: number, length: number, slot: number, hash: number, nowMs: number, quiet = false): number {
    const ref = this.find(bytes, start, length, slot, hash, nowMs);
    if (ref === 0) {
      this.misses++;
      if (this.namespaces !== undefined) this.namespaces.misses[this.namespaces.idOf(bytes, start, length)]++;
      return 0;
    }
    this.hits++;
    if (this.namespaces !== undefined) this.#readIn(this.namespaces, ref, slot, hash, nowMs, quiet);
    else if (!quiet) {
      if (this.policy === undefined) this.usedAt(ref, nowMs);
      else this.policy.touched(ref);
    }
    return ref;
  }

  #readIn(namespaces: Namespaces, ref: number, slot: number, hash: number, nowMs: number, quiet: boolean): void {
    const id = this.namespaceOf(ref);
    namespaces.hits[id]++;
    if (quiet) return;
    if (namespaces.flags[id] >= namespaceFlag.sliding) namespaces.used(id, ref, slot, hash, nowMs);
    if (this.policies?.touchedIn(id, ref) !== true) this.usedAt(ref, nowMs);
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
    this.sparedRoot = this.rootOf(from);
    const done = this.#putRoot(this.sparedRoot, from, bytes, start, length, slot, hash, nowMs);
    if (!done) this.sparedRoot = 0;
    return done;
  }

  /** Told by the compactor. */
  entryMoved(from: number, to: number): void {
    if (from === this.pinned) this.pinned = to;
    if (this.policy !== undefined) this.policy.moved(from, to);
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
    const checked = this.#checkMask >= 0 && (hash & this.#checkMask) === 0;
    const units = unitsOf(headerBytes + keyLength + valueLength + (checked ? checksumBytes : 0));
    let old = this.locate(bytes, keyStart, keyLength, slot, hash);
    if (old !== 0 && this.isForgotten(old)) {
      this.discard(old, slot, hash);
      old = 0;
    } else if (old !== 0 && this.namespaces !== undefined && !this.replica && this.isStale(old, nowMs)) {
      this.expire(old, slot, hash);
      old = 0;
    }
    if (old !== 0 && this.onOutdated !== undefined) this.onOutdated(old);
    if (old === 0) return this.#create(bytes, keyStart, keyLength, slot, hash, valueLength, units, checked, type, encoding, expireAtMs, nowMs);
    if (this.snapshots.length !== 0) this.preserve(slot, hash, old);
    const words = this.log.words[old >>> extentShift];
    const at = (old & unitMask) << 1;
    const oldUnits = recordUnits(words, at);
    let expiry = expireAtMs;
    const oldExpiry = this.expiryOf(old);
    const root = this.isLarge(old) ? this.rootOf(old) : 0;
    if (expireAtMs === keepExpiry) expiry = oldExpiry !== noExpiry && oldExpiry <= nowMs ? noExpiry : oldExpiry;
    else if (this.namespaces !== undefined) expiry = this.ruledExpiry(this.namespaces, this.namespaceOf(old), expireAtMs, nowMs, hash);
    if (this.namespaces !== undefined && type === entryType.string && !this.letsBe(this.namespaceOf(old), valueLength)) return 0;
    let ref = old;
    if (units !== oldUnits) {
      ref = this.#resizeEntry(old, oldUnits, units, slot, hash, keep);
      if (ref === 0) return 0;
    }
    if (root !== 0) this.doom(root, ref, slot);
    if (this.attachments !== undefined && expireAtMs !== keepExpiry && this.isAttached(ref)) this.detach(ref, slot, hash);
    this.account(slot, this.namespaceOf(ref), units - oldUnits);
    this.writeHeader(ref, keyLength, valueLength, type, encoding, slot);
    this.setExpiryWords(ref, slot, hash, expiry, oldExpiry);
    if (this.namespaces !== undefined && expireAtMs !== keepExpiry) this.setOwnLife(ref, expireAtMs > noExpiry);
    this.stamp(ref, slot, nowMs);
    if (this.policy !== undefined) {
      if ((expiry === noExpiry) !== (oldExpiry === noExpiry)) this.policy.expiryChanged(ref);
      if (units !== oldUnits) this.policy.resized(ref, units - oldUnits);
      this.policy.touched(ref);
    }
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
    if (this.onOutdated !== undefined) this.onOutdated(ref);
    this.stamp(ref, this.slotOf(ref), nowMs);
    if (this.policy !== undefined) this.policy.touched(ref);
    this.wrote(ref);
  }

  /** The parts of a collection grew by `bytes`. */
  countParts(slot: number, ref: number, bytes: number): void {
    this.account(slot, ref === 0 ? 0 : this.namespaceOf(ref), bytes / 8);
  }

  /** The value of `ref` is complete: tells the change feed. */
  wrote(ref: number): void {
    if (this.#checkMask >= 0) this.seal(ref);
    if (this.feed !== undefined) this.tell(changeKind.put, ref);
  }

  /** Sets or takes away (`noExpiry`) the expiry of an entry. */
  setExpiry(ref: number, expireAtMs: number, nowMs: number): void {
    const slot = this.slotOf(ref);
    const hash = this.hashOf(ref);
    if (this.snapshots.length !== 0) this.preserve(slot, hash, ref);
    const oldExpiry = this.expiryOf(ref);
    if (this.namespaces === undefined) this.setExpiryWords(ref, slot, hash, expireAtMs, oldExpiry);
    else this.setRuledExpiry(this.namespaces, ref, slot, hash, expireAtMs, oldExpiry, nowMs);
    this.stamp(ref, slot, nowMs);
    if (this.policy !== undefined && this.expires(ref) === (oldExpiry === noExpiry)) this.policy.expiryChanged(ref);
    if (this.feed !== undefined) this.tell(changeKind.expiry, ref);
  }

  /** Deletes a key; false when it was not there (or expired). */
  remove(bytes: Uint8Array, start: number, length: number, slot: number, hash: number, nowMs: number): boolean {
    const ref = this.find(bytes, start, length, slot, hash, nowMs);
    if (ref === 0) {
      if (this.namespaces !== undefined && !this.replica) this.dropStale(bytes, start, length, slot, hash);
      return false;
    }
    this.drop(ref, slot, hash, changeKind.deleted);
    return true;
  }

  /** Deletes everything at once. */
  flush(): void {
    this.index.clear();
    this.index.slab.clear();
    this.parts.clear();
    this.log.clear();
    this.wheel.clear();
    this.compactor.reset();
    this.slotUnits.fill(0);
    this.namespaceBytes.fill(0);
    this.namespaceKeys.fill(0);
    this.uncountAllExpiries();
    this.attachments = undefined;
    this.forgetAll();
  }

  /** The limit was lowered: evicts up to `count` entries towards it; true while there is more to evict. */
  evictSome(count: number): boolean {
    if (this.limitBytes === 0) return false;
    const { budget, log } = this;
    for (let left = count; left > 0; left--) {
      if (log.liveUnits <= budget.liveLimitUnits || !this.evictOne()) return false;
      budget.evicted();
    }
    return true;
  }

  /** Evicts until `keys` new entries of a namespace with `bytes` of keys and values fit; false when they cannot. */
  makeRoomFor(bytes: number, keys: number, namespace = 0): boolean {
    return this.#makeRoom(unitsOf(bytes + keys * (headerBytes + 16)), keys, namespace);
  }

  /** A bounded slice of expiry, compaction and giving memory back (housekeeping.ts); true while there is more to do now. */
  housekeep(nowMs: number, work: number): boolean {
    return housekeep(this, nowMs, work);
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

  #create(
    bytes: Uint8Array, keyStart: number, keyLength: number, slot: number, hash: number, valueLength: number, units: number, checked: boolean, type: EntryType,
    encoding: number, expireAtMs: number, nowMs: number,
  ): number {
    const { namespaces } = this;
    const namespace = namespaces === undefined ? 0 : namespaces.idOf(bytes, keyStart, keyLength);
    if (namespaces !== undefined && type === entryType.string && !this.letsBe(namespace, valueLength)) return 0;
    if (!this.#makeRoom(units, 1, namespace)) return 0;
    const ref = this.#allocate(units);
    const extent = ref >>> extentShift;
    const words = this.log.words[extent];
    const at = (ref & unitMask) << 1;
    // A new entry's cells begin at a generation that an older entry of the same hash hardly has.
    words[at] = ((this.slotSequence[slot] & generationMask) << generationShift) | (checked ? flagChecked : 0);
    words[at + 2] = namespace << namespaceShift;
    words[at + 3] = 0;
    words[at + 4] = 0;
    words[at + 5] = 0;
    this.writeHeader(ref, keyLength, valueLength, type, encoding, slot);
    copyBytes(bytes, keyStart, this.log.bytes[extent], (at << 2) + headerBytes, keyLength);
    const expiry = namespaces === undefined ? expireAtMs : this.ruledExpiry(namespaces, namespace, expireAtMs, nowMs, hash);
    if (expiry > noExpiry) this.setExpiryWords(ref, slot, hash, expiry, noExpiry);
    if (namespaces !== undefined) this.createdIn(namespaces, namespace, ref, slot, hash, expireAtMs, nowMs);
    this.stamp(ref, slot, nowMs);
    this.index.insert(slot, hash, ref);
    this.namespaceKeys[namespace]++;
    this.account(slot, namespace, units);
    if (this.policy !== undefined) this.policy.added(ref, hash);
    if (this.onCreated !== undefined) this.onCreated(ref);
    return ref;
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
      this.pinned = old;
      const room = this.#makeRoom(units - oldUnits, 0, this.namespaceOf(old));
      ref = this.pinned;
      this.pinned = 0;
      if (!room) return 0;
      if (inPlace && this.log.extend(ref, oldUnits, units)) return ref;
    }
    return this.#relocate(ref, oldUnits, units, slot, hash, keep);
  }

  #relocate(from: number, oldUnits: number, units: number, slot: number, hash: number, keep: boolean): number {
    this.pinned = from;
    const ref = this.#allocate(units);
    const old = this.pinned;
    this.pinned = 0;
    this.open(old);
    const length = headerBytes + this.keyLength + (keep ? Math.min(this.valueLength, units * 8 - headerBytes - this.keyLength) : 0);
    copyBytes(this.entryBytes, this.keyStart - headerBytes, this.log.bytes[ref >>> extentShift], (ref & unitMask) << 3, length);
    this.index.replace(slot, hash, old, ref);
    if (this.policy !== undefined) this.policy.moved(old, ref);
    this.log.release(old, oldUnits);
    return ref;
  }

  /** Evicts until a record of `units` more fits under the limit. */
  #makeRoom(units: number, keys: number, namespace: number): boolean {
    if (units >= largeUnits && this.limitBytes !== 0 && !this.#allowed && !this.mayFit(this.budget, units, namespace)) return false;
    if (this.namespaces !== undefined && !this.roomInNamespace(this.namespaces, namespace, units, keys)) return this.#allowed;
    if (this.limitKeys !== 0) while (this.index.total + keys > this.limitKeys) if (!this.evictOne()) return this.#allowed;
    if (this.limitWeightBytes !== 0) while ((this.log.liveUnits + units) * 8 > this.limitWeightBytes) if (!this.evictOne()) return this.#allowed;
    if (this.limitBytes === 0) return true;
    const { budget, log } = this;
    // What is asked for at once may be large parts of collections, of which the log knows nothing.
    if (units >= largeUnits) budget.measure();
    else budget.refresh();
    while (log.liveUnits + units > budget.liveLimitUnits) {
      if (!this.evictOne(namespace)) {
        if (budget.mayBeOverstepped) return true;
        this.refuse(refusal.memory, namespace);
        return this.#allowed;
      }
      budget.evicted();
    }
    return true;
  }

  /** Room for a record in the log, after as much compaction as keeps the log within its limit. Moves entries. */
  #allocate(units: number): number {
    this.budget.payFor(units);
    return this.log.allocate(units, 0);
  }
}
