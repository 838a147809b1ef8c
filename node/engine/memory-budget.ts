import type { Compactor } from './compaction.ts';
import type { Parts } from './collections/parts.ts';
import type { SegmentLog } from './log.ts';

/** What the budget looks at. */
export interface BudgetedStore {
  readonly limitBytes: number;
  readonly committedBytes: number;
  readonly usedBytes: number;
  readonly externalBytes: number;
  readonly peerBytes: number;
  readonly log: SegmentLog;
  readonly parts: Parts;
  readonly compactor: Compactor;
}

/** Of the memory for records, the share that may live: compaction needs the rest to find segments worth emptying. */
const liveShare = 0.9;
/** Segments for the two open ends. */
const spareSegments = 2;
/** Of a limit with fewer segments than these whole segments would leave nothing. */
const leastSegments = 4;
const refreshEvery = 64;
/** From so few segments below the limit each write pays for compaction. */
const payBelowSegments = 4;
const workPerUnit = 10;
const leastWork = 64;
/** Dead share of the log from which writes pay for compaction even far below the limit. */
const maxDeadShare = 0.25;
const freeDoomedPerEviction = 64;
/** Segments' worth of moving that may gain nothing: then the log is as tight as its records let it be. */
const fruitlessSegments = 32;
/** Of what records were seen not to fill, the part that is forgotten at each look: other records may fill it. */
const forgottenShare = 1 / 64;

/** Turns the limit into how much may live in the log, and spreads compaction over the writes that need it. */
export class MemoryBudget {
  liveLimitUnits: number = Number.MAX_SAFE_INTEGER;
  maxSegments: number = Number.MAX_SAFE_INTEGER;
  readonly #store: BudgetedStore;
  #isLittle = false;
  #countdown = 0;
  /** Units of segments that records leave unused and compaction cannot win back: values of more than half a segment, or a little more than one. */
  #unfilledUnits = 0;

  constructor(store: BudgetedStore) {
    this.#store = store;
  }

  /** Looks at what the other parts take now and then: they grow by little per write. */
  refresh(): void {
    if (--this.#countdown <= 0) this.measure();
  }

  measure(): void {
    const { limitBytes, committedBytes, log, parts } = this.#store;
    this.#countdown = refreshEvery;
    this.#isLittle = false;
    if (limitBytes === 0) {
      this.liveLimitUnits = Number.MAX_SAFE_INTEGER;
      this.maxSegments = Number.MAX_SAFE_INTEGER;
      return;
    }
    const others = committedBytes - log.committedBytes - parts.doomedBytes;
    const forLog = Math.max(0, limitBytes - others);
    this.maxSegments = Math.floor((forLog - log.ownExtentBytes) / log.segmentBytes);
    this.liveLimitUnits = Math.floor((Math.max(0, this.maxSegments - spareSegments) * log.segmentUnits + log.ownExtentBytes / 8) * liveShare);
    if (this.#unfilledUnits > 0) {
      this.#unfilledUnits -= Math.ceil(this.#unfilledUnits * forgottenShare);
      this.liveLimitUnits = Math.min(this.liveLimitUnits, Math.max(0, this.maxSegments * log.segmentUnits + log.ownExtentBytes / 8 - this.#unfilledUnits));
    }
    if (this.maxSegments < leastSegments) this.#measureLittle();
  }

  /** So small a limit is about what lives, and the log may take a few segments for it. */
  #measureLittle(): void {
    const { limitBytes, usedBytes, externalBytes, peerBytes, log } = this.#store;
    this.#isLittle = true;
    this.maxSegments = leastSegments;
    const forRecords = limitBytes - externalBytes - peerBytes - (usedBytes - log.liveUnits * 8);
    const most = (leastSegments - spareSegments) * log.segmentUnits * liveShare;
    this.liveLimitUnits = Math.max(this.liveLimitUnits, Math.floor(Math.min(most, forRecords / 8)));
  }

  /** The limit is so small that a value may be as large as all of it. */
  get isLittle(): boolean {
    return this.#isLittle;
  }

  /** As Redis keeps its limit: one write may go over it, and the next is refused. Only where the limit is so small that a value may be as large as all of it. */
  get mayBeOverstepped(): boolean {
    return this.#isLittle && this.#store.log.liveUnits < this.liveLimitUnits;
  }

  /** Whether more has come together than the limit allows. */
  get isOver(): boolean {
    this.measure();
    return this.#store.log.liveUnits >= this.liveLimitUnits;
  }

  /** An entry was evicted: large collections give their memory back in slices, which are done now as they are needed. */
  evicted(): void {
    const { parts } = this.#store;
    if (!parts.hasDoomed) return;
    parts.freeSome(freeDoomedPerEviction);
    this.measure();
  }

  /** Compacts until so many segments more are within the limit, or nothing is gained by it: then less may live from now on. */
  #compactFor(needed: number): void {
    const { log, compactor } = this.#store;
    let least = log.usedSegments;
    for (let fruitless = 0; log.usedSegments + needed > this.maxSegments; fruitless++) {
      if (fruitless > fruitlessSegments || compactor.step(log.segmentUnits, 1) > 0) {
        this.#unfilledUnits = Math.max(0, (log.usedSegments + needed) * log.segmentUnits + log.ownExtentBytes / 8 - log.liveUnits);
        this.#countdown = 0;
        return;
      }
      if (log.usedSegments < least) fruitless = 0;
      least = Math.min(least, log.usedSegments);
    }
  }

  /** Called before `units` are written to the log: compacts as much as that write costs, and as much as the limit demands. */
  payFor(units: number): void {
    const { log, compactor } = this.#store;
    const used = log.usedSegments;
    const needed = log.segmentsFor(units, 0);
    if (used + needed + payBelowSegments > this.maxSegments) {
      compactor.step(units * workPerUnit + leastWork, 1);
      if (needed > 0 && log.usedSegments + needed > this.maxSegments) this.#compactFor(needed);
    } else if (needed > 0 || compactor.busy) {
      const dead = used * log.segmentUnits - log.liveUnits;
      if (dead > used * log.segmentUnits * maxDeadShare && used > payBelowSegments * 2) compactor.step(units * workPerUnit + leastWork, log.segmentUnits >> 3);
      else if (compactor.busy) compactor.step(leastWork, 1);
    }
  }
}
