import { slotCount } from '../../shared/slots/crc16.ts';
import { Parts } from './collections/parts.ts';
import {
  encodingShift, entryType, extentShift, flagExpires, headerBytes, keyLengthMask, largeEncoding, namespaceMask, namespaceShift, noExpiry, recordUnits, slotMask, typeShift,
  unitMask, valueLengthMask, type EntryType,
} from './entry-layout.ts';
import { hashBytes, type HashSeed } from './hash.ts';
import { SegmentLog } from './log.ts';
import type { Namespaces } from './namespaces.ts';
import { Slab } from './slab.ts';
import { reverseBits } from './hash-pages.ts';
import { maxBatch, SlotIndex } from './slot-index.ts';

/** Hashes, and so cursors, count this many per slot. */
const hashRange = 2 ** 31;
const two32 = 4294967296;
/** Words of a cache line. */
const lineWords = 16;
const largeBit = largeEncoding << encodingShift;
/** What an entry takes beside its record: its pair in the index. */
const pairBytes = 8;

/** Reading: finding entries and looking at them. The store adds changes. */
export class Entries {
  readonly seed: HashSeed;
  readonly index: SlotIndex = new SlotIndex(new Slab());
  readonly log: SegmentLog;
  /** Memory of large collections. */
  readonly parts: Parts = new Parts();
  /** By id: namespaces that were flushed and whose entries are still being removed. */
  readonly forgotten: Uint8Array = new Uint8Array(namespaceMask + 1);
  forgottenCount = 0;
  forgottenKeys = 0;
  /** Set from the first namespace on. */
  namespaces: Namespaces | undefined = undefined;
  // --- the entry that `open` looked at
  entryBytes: Uint8Array = new Uint8Array(0);
  keyStart = 0;
  keyLength = 0;
  valueStart = 0;
  valueLength = 0;
  readonly #prefetched = new Int32Array(maxBatch);
  /** Uniform in [0, 1). */
  readonly random: () => number;

  constructor(seed: HashSeed, segmentBytes: number, random: () => number) {
    this.seed = seed;
    this.log = new SegmentLog(segmentBytes);
    this.random = random;
  }

  hashKey(bytes: Uint8Array, start: number, length: number): number {
    return hashBytes(this.seed, bytes, start, length);
  }

  /**
   * Reads the index and the first lines of the entries of up to 64 keys (slot -1: no key) before their commands run, so that the cache misses overlap. Changes nothing. The
   * result is only returned so that the reads are not optimised away.
   */
  prefetch(hashes: Int32Array, slots: Int32Array, count: number): number {
    const refs = this.#prefetched;
    this.index.findAll(hashes, slots, count, refs);
    const extents = this.log.words;
    let touched = 0;
    for (let i = 0; i < count; i++) {
      const ref = refs[i];
      if (ref === 0) continue;
      const words = extents[ref >>> extentShift];
      const at = (ref & unitMask) << 1;
      // An entry of usual size covers three lines.
      touched ^= words[at] ^ words[at + lineWords] ^ words[at + 2 * lineWords];
    }
    return touched;
  }

  /** The entry of a key whatever its age, 0 if there is none. */
  locate(bytes: Uint8Array, start: number, length: number, slot: number, hash: number): number {
    const index = this.index;
    for (let ref = index.first(slot, hash); ref !== 0; ref = index.next()) if (this.#keyIs(ref, bytes, start, length)) return ref;
    return 0;
  }

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

  /** Word 0: lengths, type, encoding and flags. */
  protected flagsOf(ref: number): number {
    return this.#word(ref, 0);
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

  /** Its time has come, or its namespace was flushed. */
  isExpired(ref: number, nowMs: number): boolean {
    const words = this.log.words[ref >>> extentShift];
    const at = (ref & unitMask) << 1;
    if (this.forgottenCount !== 0 && this.isForgotten(ref)) return true;
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
    return this.weightOf(ref) * 8 + pairBytes + (this.isLarge(ref) ? this.parts.bytesOf(this.rootOf(ref)) : 0);
  }

  /** For shares of memory: the record's units. What a large collection holds elsewhere does not count here. */
  weightOf(ref: number): number {
    const words = this.log.words[ref >>> extentShift];
    const at = (ref & unitMask) << 1;
    return recordUnits(words, at);
  }

  /** Where no policy has use for the word, it has the second of the last read. */
  protected usedAt(ref: number, nowMs: number): void {
    this.setEvictionWord(ref, (nowMs / 1000) | 0);
  }

  /** Second in which the entry was last written or, without a policy, read. */
  lastUseSeconds(ref: number, nowMs: number): number {
    const word = this.#word(ref, 3) >>> 0;
    // Of what a policy left there all but a few are no times of after the write.
    return Math.max(this.writtenAtSeconds(ref), word <= nowMs / 1000 ? word : 0);
  }

  evictionWord(ref: number): number {
    return this.#word(ref, 3);
  }

  setEvictionWord(ref: number, word: number): void {
    this.log.words[ref >>> extentShift][((ref & unitMask) << 1) + 3] = word;
  }

  /** Keys; those of flushed namespaces no longer count. */
  get entryCount(): number {
    return this.index.total - this.forgottenKeys;
  }

  /** The entry belongs to a namespace that was flushed. */
  isForgotten(ref: number): boolean {
    if (this.forgottenCount === 0) return false;
    const id = this.namespaceOf(ref);
    return this.forgotten[id] !== 0 || (this.namespaces !== undefined && this.namespaces.flushedUnsettled && this.#wasFlushed(this.namespaces, ref, id));
  }

  #wasFlushed(namespaces: Namespaces, ref: number, id: number): boolean {
    const extent = ref >>> extentShift;
    const at = (ref & unitMask) << 1;
    return namespaces.wasFlushed(this.log.bytes[extent], (at << 2) + headerBytes, this.log.words[extent][at] & keyLengthMask, id);
  }

  drawEntry(): number {
    return this.index.draw(this.random(), this.random());
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
}
