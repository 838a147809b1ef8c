import { slotCount } from '../../shared/slots/crc16.ts';
import { crc32c } from '../../shared/bus/crc32c.ts';
import type { EvictionPolicy } from '../eviction/policy.ts';
import type { Attachments } from './attachments.ts';
import { Entries } from './entries.ts';
import {
  checksumBytes, encodingShift, extentShift, flagChecked, flagExpires, flagInWheel, generationMask, generationShift, maxExpiryMs, maxValueBytes, namespaceMask, namespaceShift, noExpiry, typeShift, unitMask,
  valueLengthMask, keptFlags, type EntryType,
} from './entry-layout.ts';
import { ExpiryWheel } from './expiry-wheel.ts';
import type { HashSeed } from './hash.ts';

const two32 = 4294967296;
/** November 2023, and a granularity that keeps the sum over all keys below 2^53. */
const expiryOriginMs = 1_700_000_000_000;
const expiryStepMs = 128;
const expiryStep = (ms: number): number => Math.floor((ms - expiryOriginMs) / expiryStepMs);
/** An entry's pair in the index. */
const pairBytes = 8;

/** Writing records and counting them: what each change of an entry consists of. The store decides when. */
export class Records extends Entries {
  /** Labels of keys; made when the first key gets some. */
  attachments: Attachments | undefined = undefined;
  /** Chosen by `setPolicy`. */
  policy: EvictionPolicy | undefined = undefined;
  /** Told of each new entry, which has its key and no value yet, in the middle of the change. */
  onCreated: ((ref: number) => void) | undefined = undefined;
  /** Told of each entry that is about to be overwritten or deleted, or to expire, in the middle of the change. */
  onOutdated: ((ref: number) => void) | undefined = undefined;
  /** Bytes that clients hold against the limit: their buffers. Set by the server. */
  externalBytes = 0;
  /** Bytes that wait for other nodes, or came from them, against the limit: queues of the bus, chunks of moves. Set by the node. */
  peerBytes = 0;
  /** Id of (map generation, lease epoch) for the dots of writes from now on. */
  epochId = 0;
  /** Units of record memory by slot; keys by slot are in the index. */
  readonly slotUnits: Uint32Array = new Uint32Array(slotCount);
  readonly slotSequence: Float64Array = new Float64Array(slotCount);
  readonly namespaceBytes: Float64Array = new Float64Array(namespaceMask + 1);
  readonly namespaceKeys: Int32Array = new Int32Array(namespaceMask + 1);
  /** Keys that have an expiry. */
  expiringKeys = 0;
  /** Their times of expiry added up, in steps since a beginning: whole numbers, so that nothing is lost however many come and go. */
  #expirySteps = 0;
  readonly wheel: ExpiryWheel;

  constructor(seed: HashSeed, segmentBytes: number, random: () => number) {
    super(seed, segmentBytes, random);
    this.wheel = new ExpiryWheel(this.index.slab);
  }

  /** As of entries; also reads what a write of each slot changes. */
  override prefetch(hashes: Int32Array, slots: Int32Array, count: number): number {
    let touched = super.prefetch(hashes, slots, count);
    for (let i = 0; i < count; i++) if (slots[i] >= 0) touched ^= this.slotUnits[slots[i]] ^ (this.slotSequence[slots[i]] | 0);
    return touched;
  }

  /** Bytes of what lives: records, index, queues. */
  get usedBytes(): number {
    return this.log.liveUnits * 8 + this.parts.usedBytes + this.index.slab.usedBytes + this.#fixedBytes() + (this.attachments === undefined ? 0 : this.attachments.usedBytes) + (this.policy === undefined ? 0 : this.policy.memoryBytes);
  }

  /** Bytes that the system gave: dead and unused space included. The limit is about these. */
  get committedBytes(): number {
    return this.log.committedBytes + this.parts.committedBytes + this.index.slab.committedBytes + this.#fixedBytes() + this.externalBytes + this.peerBytes + (this.attachments === undefined ? 0 : this.attachments.committedBytes) + (this.policy === undefined ? 0 : this.policy.memoryBytes);
  }

  #fixedBytes(): number {
    return this.index.heads.byteLength + this.slotUnits.byteLength + this.slotSequence.byteLength + this.namespaceBytes.byteLength + this.namespaceKeys.byteLength;
  }

  /** Type, lengths and encoding; flags are set anew by the expiry. */
  protected writeHeader(ref: number, keyLength: number, valueLength: number, type: EntryType, encoding: number, slot: number): void {
    const words = this.log.words[ref >>> extentShift];
    const at = (ref & unitMask) << 1;
    words[at] = keyLength | (type << typeShift) | (encoding << encodingShift) | (words[at] & keptFlags);
    words[at + 1] = valueLength;
    words[at + 2] = (words[at + 2] & (namespaceMask << namespaceShift)) | slot;
  }

  protected setExpiryWords(ref: number, slot: number, hash: number, expireAtMs: number, oldExpiryMs: number): void {
    const words = this.log.words[ref >>> extentShift];
    const at = (ref & unitMask) << 1;
    if (oldExpiryMs !== noExpiry) this.uncountExpiry(oldExpiryMs);
    if (expireAtMs === noExpiry) {
      // The time stays in its words: it says how late the wheel's cell may be.
      words[at] &= ~flagExpires;
    } else {
      const time = Math.min(expireAtMs, maxExpiryMs);
      this.expiringKeys++;
      this.#expirySteps += expiryStep(time);
      const inWheel = (words[at] & flagInWheel) !== 0;
      const cellMs = inWheel ? (words[at + 5] & 0xffff) * two32 + (words[at + 4] >>> 0) : 0;
      words[at] |= flagExpires | flagInWheel;
      words[at + 4] = time | 0;
      words[at + 5] = (words[at + 5] & 0xffff0000) | Math.floor(time / two32);
      // A cell that is due earlier puts itself in again; one that is due later is replaced.
      if (!inWheel || time < cellMs) this.#addCell(words, at, slot, hash, time);
    }
  }

  /** A key lost its expiry or goes with it. */
  protected uncountExpiry(expireAtMs: number): void {
    this.expiringKeys--;
    this.#expirySteps -= expiryStep(expireAtMs);
  }

  protected uncountAllExpiries(): void {
    this.expiringKeys = 0;
    this.#expirySteps = 0;
  }

  /** Mean time that keys with an expiry have left, 0 when there are none. */
  averageTtlMs(nowMs: number): number {
    return this.expiringKeys === 0 ? 0 : Math.max(0, Math.round((this.#expirySteps / this.expiringKeys + 0.5) * expiryStepMs + expiryOriginMs - nowMs));
  }

  #addCell(words: Int32Array, at: number, slot: number, hash: number, timeMs: number): void {
    const generation = (((words[at] >>> generationShift) & generationMask) + 1) & generationMask;
    words[at] = (words[at] & ~(generationMask << generationShift)) | (generation << generationShift);
    this.wheel.add(hash, slot, generation, timeMs);
  }

  /** Gives the entry its dot (V1) and the second of its write. */
  protected stamp(ref: number, slot: number, nowMs: number): void {
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

  /** Values longer than this are not summed up: a sample need not cost milliseconds. */
  protected mostSummedBytes: number = maxValueBytes;

  /** Puts the checksum behind the value of a checked entry. */
  protected seal(ref: number): void {
    if ((this.flagsOf(ref) & flagChecked) === 0) return;
    this.open(ref);
    if (this.valueLength > this.mostSummedBytes) return;
    const at = this.valueStart + this.valueLength;
    const crc = crc32c(this.entryBytes, this.keyStart, at);
    for (let i = 0; i < checksumBytes; i++) this.entryBytes[at + i] = (crc >>> (i * 8)) & 0xff;
  }

  /** False when a checked entry is not what was written. */
  protected isSound(ref: number): boolean {
    if ((this.flagsOf(ref) & flagChecked) === 0) return true;
    this.open(ref);
    if (this.valueLength > this.mostSummedBytes) return true;
    const { entryBytes } = this;
    const at = this.valueStart + this.valueLength;
    const stored = entryBytes[at] | (entryBytes[at + 1] << 8) | (entryBytes[at + 2] << 16) | (entryBytes[at + 3] << 24);
    return stored === (crc32c(entryBytes, this.keyStart, at) | 0);
  }

  /** Bytes that count against a namespace's memory: records, parts of large collections, pairs in the index. */
  chargedBytes(id: number): number {
    return this.namespaceBytes[id] + this.namespaceKeys[id] * pairBytes;
  }

  protected account(slot: number, namespace: number, units: number): void {
    this.slotUnits[slot] += units;
    this.namespaceBytes[namespace] += units * 8;
  }

  /** The entry for which the wheel's cell was put in, 0 if there is none (any more). */
  entryOfCell(): number {
    const { index, wheel } = this;
    for (let ref = index.first(wheel.slot, wheel.hash); ref !== 0; ref = index.next()) {
      const flags = this.log.words[ref >>> extentShift][(ref & unitMask) << 1];
      if ((flags & flagInWheel) !== 0 && ((flags >>> generationShift) & generationMask) === wheel.generation) return ref;
    }
    return 0;
  }
}
