import { copyBytes } from './copy-bytes.ts';
import { headerBytes, extentShift, fillerWord, keyLengthMask, recordUnits, slotMask, unitMask } from './entry-layout.ts';
import { hashBytes, type HashSeed } from './hash.ts';
import { segmentState, type SegmentLog } from './log.ts';
import type { SlotIndex } from './slot-index.ts';

/** Told of every entry that compaction moves. */
export interface MoveListener {
  entryMoved(from: number, to: number): void;
}

/** Passing over a dead record costs about as much as moving so many units. */
const passedUnits = 4;
const noVictim = -1;

/**
 * Copies the living records of the emptiest segment to the log's other end and frees it, a slice at a time. Between two slices everything is as ever: what was moved is
 * found at its new place, what was not at the old one.
 */
export class Compactor {
  readonly #log: SegmentLog;
  readonly #index: SlotIndex;
  readonly #seed: HashSeed;
  readonly #listener: MoveListener;
  #victim = noVictim;
  #at = 0;

  constructor(log: SegmentLog, index: SlotIndex, seed: HashSeed, listener: MoveListener) {
    this.#log = log;
    this.#index = index;
    this.#seed = seed;
    this.#listener = listener;
  }

  get busy(): boolean {
    return this.#victim !== noVictim;
  }

  /**
   * Works for about `work` units (8 bytes each); takes a new victim only if at least `minDeadUnits` of it are dead. Returns the work left over: 0 unless there was nothing
   * (more) to do.
   */
  step(work: number, minDeadUnits: number): number {
    let left = work;
    while (left > 0) {
      if (this.#victim === noVictim && !this.#choose(minDeadUnits)) return left;
      left = this.#moveSome(left);
    }
    return 0;
  }

  reset(): void {
    this.#victim = noVictim;
  }

  #choose(minDeadUnits: number): boolean {
    const log = this.#log;
    const { state, live, segmentUnits } = log;
    let best = noVictim;
    let bestLive = segmentUnits - Math.max(1, minDeadUnits) + 1;
    for (let segment = 0; segment < state.length; segment++) {
      if (state[segment] !== segmentState.sealed || live[segment] >= bestLive) continue;
      best = segment;
      bestLive = live[segment];
    }
    if (best === noVictim) return false;
    log.beginCompaction(best);
    this.#victim = best;
    this.#at = 0;
    return true;
  }

  /** Moves records of the victim until the work is used up or the segment is done. */
  #moveSome(work: number): number {
    const log = this.#log;
    const victim = this.#victim;
    const first = victim << log.segmentShift;
    const words = log.words[first >>> extentShift];
    const base = (first & unitMask) << 1;
    const top = log.top[victim];
    let left = work;
    while (this.#at < top && log.live[victim] > 0) {
      if (left <= 0) return 0;
      const at = base + (this.#at << 1);
      if (words[at] === fillerWord) {
        this.#at += words[at + 1];
        left -= passedUnits;
        continue;
      }
      const units = recordUnits(words, at);
      this.#move(first + this.#at, units);
      this.#at += units;
      left -= units + passedUnits;
    }
    log.freeSegment(victim);
    this.#victim = noVictim;
    return left;
  }

  #move(from: number, units: number): void {
    const log = this.#log;
    const words = log.words[from >>> extentShift];
    const bytes = log.bytes[from >>> extentShift];
    const at = (from & unitMask) << 1;
    const hash = hashBytes(this.#seed, bytes, (at << 2) + headerBytes, words[at] & keyLengthMask);
    const to = log.allocate(units, 1);
    copyBytes(bytes, at << 2, log.bytes[to >>> extentShift], (to & unitMask) << 3, units << 3);
    this.#index.replace(words[at + 2] & slotMask, hash, from, to);
    log.movedOut(from, units);
    this.#listener.entryMoved(from, to);
  }
}
