import { slabExtentShift, slabUnitMask, type Slab } from './slab.ts';

/**
 * When keys fall due: a timing wheel of four levels. A cell is (hash, slot, generation), so it stays right when the entry moves, and is checked against the entry when
 * it comes up; one that no longer holds is dropped then. Cells come up at their level's granularity and are put in again nearer to their time.
 *
 *   block: next block | cells | hashes × 32 | slot 14 and generation 2 × 32
 */
const tickMs = 64;
const levelBits = 8;
const buckets = 1 << levelBits;
const bucketMask = buckets - 1;
const levels = 4;
const blockCells = 32;
const hashesAt = 2;
const tagsAt = hashesAt + blockCells;
const blockBytes = (tagsAt + blockCells / 2) * 4;
/** A step of the clock beyond this many ticks brings all cells up at once. */
const jumpTicks = 2 ** 16;

export class ExpiryWheel {
  readonly #slab: Slab;
  readonly #heads = new Int32Array(levels * buckets);
  /** Cells that came up: due, or to be put in nearer to their time. */
  #pending = 0;
  #tick = -1;
  cells = 0;
  // The cell that `take` gave.
  hash = 0;
  slot = 0;
  generation = 0;

  constructor(slab: Slab) {
    this.#slab = slab;
  }

  add(hash: number, slot: number, generation: number, dueMs: number): void {
    const due = Math.floor(dueMs / tickMs);
    if (this.#tick < 0) this.#tick = due;
    this.cells++;
    this.#push(this.#bucketFor(due), hash, slot | (generation << 14));
  }

  /** Brings up what is due at `nowMs` and what is to be put in nearer. */
  advance(nowMs: number): void {
    const target = Math.floor(nowMs / tickMs);
    if (this.#tick < 0 || this.cells === 0 || target - this.#tick > jumpTicks) {
      if (this.#tick >= 0 && this.cells > 0) this.bringUpAll();
      this.#tick = Math.max(this.#tick, target);
      return;
    }
    while (this.#tick < target) {
      this.#bringUp(this.#tick & bucketMask);
      this.#tick++;
      let ticks = this.#tick;
      for (let level = 1; level < levels && (ticks & bucketMask) === 0; level++) {
        ticks = Math.floor(ticks / buckets);
        this.#bringUp(level * buckets + (ticks & bucketMask));
      }
    }
  }

  /** Every cell comes up, so that those which no longer hold can be dropped. */
  bringUpAll(): void {
    for (let bucket = 0; bucket < levels * buckets; bucket++) this.#bringUp(bucket);
  }

  get hasPending(): boolean {
    return this.#pending !== 0;
  }

  /** Takes a cell that came up; false when there is none. */
  take(): boolean {
    const block = this.#pending;
    if (block === 0) return false;
    this.#pending = this.#takeFrom(block);
    return true;
  }

  /** Takes a cell of the bucket that comes up next, due or not; false when there is none. */
  takeSoonest(): boolean {
    if (this.take()) return true;
    for (let level = 0; level < levels; level++) {
      const first = level === 0 ? Math.max(this.#tick, 0) : Math.floor(Math.max(this.#tick, 0) / buckets ** level) + 1;
      for (let i = 0; i < buckets; i++) {
        const bucket = level * buckets + ((first + i) & bucketMask);
        if (this.#heads[bucket] === 0) continue;
        this.#heads[bucket] = this.#takeFrom(this.#heads[bucket]);
        return true;
      }
    }
    return false;
  }

  /** Forgets everything; the slab's owner clears the slab. */
  clear(): void {
    this.#heads.fill(0);
    this.#pending = 0;
    this.cells = 0;
  }

  #bucketFor(due: number): number {
    const ahead = due - this.#tick;
    if (ahead < 0) return this.#tick & bucketMask;
    let span = buckets;
    let ticks = due;
    for (let level = 0; level < levels - 1; level++) {
      if (ahead < span) return level * buckets + (ticks & bucketMask);
      span *= buckets;
      ticks = Math.floor(ticks / buckets);
    }
    // What is beyond the last level waits in its last bucket and is put in again from there.
    const furthest = Math.floor(this.#tick / buckets ** (levels - 1)) + buckets - 1;
    return (levels - 1) * buckets + (Math.min(ticks, furthest) & bucketMask);
  }

  #push(bucket: number, hash: number, tag: number): void {
    let block = this.#heads[bucket];
    if (block === 0 || this.#words(block)[((block & slabUnitMask) << 2) + 1] === blockCells) {
      const next = block;
      block = this.#slab.alloc(blockBytes);
      const base = (block & slabUnitMask) << 2;
      this.#words(block)[base] = next;
      this.#words(block)[base + 1] = 0;
      this.#heads[bucket] = block;
    }
    const words = this.#words(block);
    const base = (block & slabUnitMask) << 2;
    const cell = words[base + 1]++;
    words[base + hashesAt + cell] = hash;
    const at = base + tagsAt + (cell >> 1);
    words[at] = (cell & 1) === 0 ? tag : (words[at] & 0xffff) | (tag << 16);
  }

  /** Takes the last cell of the block; returns the head of what is left. */
  #takeFrom(block: number): number {
    const words = this.#words(block);
    const base = (block & slabUnitMask) << 2;
    const cell = --words[base + 1];
    this.hash = words[base + hashesAt + cell];
    const pair = words[base + tagsAt + (cell >> 1)];
    const tag = (cell & 1) === 0 ? pair & 0xffff : pair >>> 16;
    this.slot = tag & 0x3fff;
    this.generation = tag >>> 14;
    this.cells--;
    if (cell > 0) return block;
    const next = words[base];
    this.#slab.free(block, blockBytes);
    return next;
  }

  /** Puts the bucket's blocks in front of what came up. */
  #bringUp(bucket: number): void {
    const head = this.#heads[bucket];
    if (head === 0) return;
    this.#heads[bucket] = 0;
    let last = head;
    for (let next = this.#nextOf(last); next !== 0; next = this.#nextOf(last)) last = next;
    this.#words(last)[(last & slabUnitMask) << 2] = this.#pending;
    this.#pending = head;
  }

  #nextOf(block: number): number {
    return this.#words(block)[(block & slabUnitMask) << 2];
  }

  #words(block: number): Int32Array {
    return this.#slab.words[block >>> slabExtentShift];
  }
}
