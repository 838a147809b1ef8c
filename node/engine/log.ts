import { adviseHugePages } from '../io/huge-pages.ts';
import { extentShift, fillerWord, unitMask, unitsPerExtent, wordsPerUnit } from './entry-layout.ts';
import { ExtentBin, newExtent, smallPagesBytes } from './slab.ts';

/** Free: nothing in it. Open: being filled. Sealed: full, may be compacted. Compacting: the victim of the day. Run: one record larger than a segment. */
export const segmentState = { free: 0, open: 1, sealed: 2, compacting: 3, run: 4, runTail: 5, absent: 6 } as const;

/** Records are written to one of two ends: new ones, and those that compaction moved (they live longer, so they stay together). */
export type LogEnd = 0 | 1;

const noSegment = -1;
const emptyWords = new Int32Array(0);
const emptyBytes = new Uint8Array(0);
/** Remainders of segments that are worth filling with smaller records. */
const maxPartial = 8;

/**
 * The log: extents of 32 MiB cut into segments. Knows nothing of keys; counts what lives in each segment. Every record, dead or alive, says its own length, so a
 * segment can be walked.
 */
export class SegmentLog {
  /** By extent. Hot paths index these directly. */
  readonly words: Int32Array[] = [];
  readonly bytes: Uint8Array[] = [];
  readonly segmentBytes: number;
  readonly segmentUnits: number;
  readonly segmentShift: number;
  readonly #perExtent: number;
  readonly #bin = new ExtentBin();
  /** Units of living records, by segment. */
  live: Int32Array = new Int32Array(0);
  /** Units written, by segment. */
  top: Int32Array = new Int32Array(0);
  state: Uint8Array = new Uint8Array(0);
  /** Segments that are not free. */
  usedSegments = 0;
  liveUnits = 0;
  /** Bytes of records with an extent of their own (larger than 32 MiB). */
  ownExtentBytes = 0;
  readonly #free: number[] = [];
  readonly #open: [number, number] = [noSegment, noSegment];
  readonly #partial: number[] = [];
  readonly #freeInExtent: number[] = [];

  constructor(segmentBytes: number) {
    this.segmentBytes = segmentBytes;
    this.segmentUnits = segmentBytes / 8;
    this.segmentShift = 31 - Math.clz32(this.segmentUnits);
    this.#perExtent = unitsPerExtent / this.segmentUnits;
  }

  /** What the system gave for records, in bytes. */
  get committedBytes(): number {
    return this.usedSegments * this.segmentBytes + this.ownExtentBytes;
  }

  segmentCount(): number {
    return this.state.length;
  }

  isOpen(segment: number): boolean {
    return this.state[segment] === segmentState.open;
  }

  /** The record is larger than a segment and has segments (or an extent) of its own. */
  isRun(ref: number): boolean {
    return this.state[ref >>> this.segmentShift] === segmentState.run;
  }

  /** Segments that `allocate` would have to open for a record of so many units at this end: 0 when it fits. */
  segmentsFor(units: number, end: LogEnd): number {
    const open = this.#open[end];
    if (open !== noSegment && this.top[open] + units <= this.segmentUnits) return 0;
    return Math.ceil(units / this.segmentUnits);
  }

  /** Room for a record of `units`; the caller has seen to the limit. */
  allocate(units: number, end: LogEnd): number {
    let segment = this.#open[end];
    if (segment === noSegment || this.top[segment] + units > this.segmentUnits) {
      if (units > this.segmentUnits) return this.#allocateRun(units);
      segment = this.#openFor(units, end);
    }
    const ref = (segment << this.segmentShift) + this.top[segment];
    this.top[segment] += units;
    this.live[segment] += units;
    this.liveUnits += units;
    return ref;
  }

  /** The record is dead: turns it into filler and counts it out. Returns the segment, or -1 when its memory was freed with it. */
  release(ref: number, units: number): number {
    const words = this.words[ref >>> extentShift];
    const at = (ref & unitMask) * wordsPerUnit;
    words[at] = fillerWord;
    words[at + 1] = units;
    const segment = ref >>> this.segmentShift;
    this.live[segment] -= units;
    this.liveUnits -= units;
    const state = this.state[segment];
    if (state === segmentState.run) {
      this.#freeRun(segment, units);
      return noSegment;
    }
    if (this.live[segment] !== 0) return segment;
    if (state === segmentState.sealed) {
      this.freeSegment(segment);
      return noSegment;
    }
    if (state === segmentState.open) this.top[segment] = segment === 0 ? 1 : 0;
    return segment;
  }

  /** A record shrank in place: what is left over becomes filler. */
  trim(ref: number, units: number, keep: number): void {
    const rest = ref + keep;
    const words = this.words[rest >>> extentShift];
    const at = (rest & unitMask) * wordsPerUnit;
    words[at] = fillerWord;
    words[at + 1] = units - keep;
    this.live[ref >>> this.segmentShift] -= units - keep;
    this.liveUnits -= units - keep;
  }

  /** Tries to grow a record in place over the filler behind it, or into the untouched end of its segment. */
  extend(ref: number, units: number, wanted: number): boolean {
    const segment = ref >>> this.segmentShift;
    if (this.state[segment] === segmentState.run || this.state[segment] === segmentState.compacting) return false;
    const words = this.words[ref >>> extentShift];
    const inSegment = ref & (this.segmentUnits - 1);
    let room = units;
    while (room < wanted) {
      const next = inSegment + room;
      if (next === this.top[segment]) {
        if (inSegment + wanted > this.segmentUnits) return false;
        this.top[segment] = inSegment + wanted;
        room = wanted;
      } else {
        const at = ((ref + room) & unitMask) * wordsPerUnit;
        if (words[at] !== fillerWord) return false;
        room += words[at + 1];
      }
    }
    this.live[segment] += wanted - units;
    this.liveUnits += wanted - units;
    if (room > wanted) {
      const at = ((ref + wanted) & unitMask) * wordsPerUnit;
      words[at] = fillerWord;
      words[at + 1] = room - wanted;
    }
    return true;
  }

  /** The segment is no longer written to: its living records move out one by one (`movedOut`), then it is freed. */
  beginCompaction(segment: number): void {
    const partial = this.#partial.indexOf(segment);
    if (partial >= 0) this.#partial.splice(partial, 1);
    this.state[segment] = segmentState.compacting;
  }

  movedOut(ref: number, units: number): void {
    this.live[ref >>> this.segmentShift] -= units;
    this.liveUnits -= units;
  }

  freeSegment(segment: number): void {
    if (this.state[segment] === segmentState.free) return;
    const partial = this.#partial.indexOf(segment);
    if (partial >= 0) this.#partial.splice(partial, 1);
    this.state[segment] = segmentState.free;
    this.live[segment] = 0;
    this.top[segment] = 0;
    this.usedSegments--;
    this.#free.push(segment);
    this.#freeInExtent[(segment / this.#perExtent) | 0]++;
  }

  /** Free segments in extents that exist already. */
  get freeSegments(): number {
    return this.#free.length;
  }

  /** Seals what is open at this end, so that it can be compacted. */
  seal(end: LogEnd): void {
    const open = this.#open[end];
    if (open === noSegment) return;
    this.#open[end] = noSegment;
    this.#sealSegment(open);
  }

  /** Gives one wholly free extent back to the system while more than `keepFree` segments stay free. Returns whether it did. */
  giveBack(keepFree: number): boolean {
    if (this.#bin.freeOne()) return true;
    if (this.#free.length - this.#perExtent < keepFree) return false;
    for (let extent = this.words.length - 1; extent >= 0; extent--) {
      if (this.#freeInExtent[extent] !== this.#perExtent || this.words[extent].length === 0) continue;
      this.#dropExtent(extent);
      return true;
    }
    return false;
  }

  clear(): void {
    for (const words of this.words) this.#bin.add(words);
    this.words.length = 0;
    this.bytes.length = 0;
    this.state.fill(segmentState.absent);
    this.live.fill(0);
    this.top.fill(0);
    this.usedSegments = 0;
    this.liveUnits = 0;
    this.ownExtentBytes = 0;
    this.#free.length = 0;
    this.#partial.length = 0;
    this.#freeInExtent.length = 0;
    this.#open.fill(noSegment);
  }

  #openFor(units: number, end: LogEnd): number {
    this.seal(end);
    let segment = this.#takePartial(units);
    if (segment === noSegment) {
      if (this.#free.length === 0) this.#addExtent();
      segment = this.#free.pop() as number;
      if (segment * this.segmentBytes === smallPagesBytes) adviseHugePages(this.words[0].buffer, smallPagesBytes);
      this.#freeInExtent[(segment / this.#perExtent) | 0]--;
      this.usedSegments++;
      // Unit 0 of the first extent stays unused: a reference of 0 means none.
      this.top[segment] = 0;
      this.live[segment] = 0;
      if (segment === 0) this.#skipFirstUnit();
    }
    this.state[segment] = segmentState.open;
    this.#open[end] = segment;
    return segment;
  }

  #skipFirstUnit(): void {
    this.words[0][0] = fillerWord;
    this.words[0][1] = 1;
    this.top[0] = 1;
  }

  #sealSegment(segment: number): void {
    this.state[segment] = segmentState.sealed;
    if (this.live[segment] === 0) return this.freeSegment(segment);
    const rest = this.segmentUnits - this.top[segment];
    if (rest < this.segmentUnits >>> 5) return;
    this.#partial.push(segment);
    if (this.#partial.length > maxPartial) this.#partial.shift();
  }

  #takePartial(units: number): number {
    for (let i = 0; i < this.#partial.length; i++) {
      const segment = this.#partial[i];
      if (this.state[segment] !== segmentState.sealed || this.top[segment] + units > this.segmentUnits) continue;
      this.#partial.splice(i, 1);
      return segment;
    }
    return noSegment;
  }

  #addExtent(): void {
    const extent = this.#newExtentNumber();
    const memory = this.#bin.take() ?? newExtent(unitsPerExtent * 8, extent === 0);
    this.words[extent] = memory.words;
    this.bytes[extent] = memory.bytes;
    const first = extent * this.#perExtent;
    this.#growSegments(first + this.#perExtent);
    this.#freeInExtent[extent] = this.#perExtent;
    for (let segment = first + this.#perExtent - 1; segment >= first; segment--) {
      this.state[segment] = segmentState.free;
      this.#free.push(segment);
    }
  }

  #newExtentNumber(): number {
    const unused = this.words.findIndex((words) => words.length === 0);
    return unused < 0 ? this.words.length : unused;
  }

  #growSegments(count: number): void {
    const old = this.state.length;
    if (old >= count) return;
    const live = new Int32Array(count);
    live.set(this.live);
    this.live = live;
    const top = new Int32Array(count);
    top.set(this.top);
    this.top = top;
    const state = new Uint8Array(count).fill(segmentState.absent);
    state.set(this.state);
    this.state = state;
  }

  #dropExtent(extent: number): void {
    const first = extent * this.#perExtent;
    for (let segment = first; segment < first + this.#perExtent; segment++) this.state[segment] = segmentState.absent;
    let kept = 0;
    for (const segment of this.#free) if (this.state[segment] === segmentState.free) this.#free[kept++] = segment;
    this.#free.length = kept;
    this.#freeInExtent[extent] = 0;
    this.#bin.add(this.words[extent]);
    this.words[extent] = emptyWords;
    this.bytes[extent] = emptyBytes;
  }

  #allocateRun(units: number): number {
    const segments = Math.ceil(units / this.segmentUnits);
    const first = segments > this.#perExtent ? this.#ownExtent(units) : this.#findRun(segments);
    this.state[first] = segmentState.run;
    this.live[first] = units;
    this.top[first] = segments;
    this.liveUnits += units;
    if (segments <= this.#perExtent) {
      for (let i = 1; i < segments; i++) this.state[first + i] = segmentState.runTail;
      this.usedSegments += segments;
    }
    return first << this.segmentShift;
  }

  #ownExtent(units: number): number {
    if (this.words.length === 0) this.#addExtent();
    const extent = this.#newExtentNumber();
    const memory = newExtent(units * 8, false);
    this.words[extent] = memory.words;
    this.bytes[extent] = memory.bytes;
    this.#freeInExtent[extent] = 0;
    this.#growSegments((extent + 1) * this.#perExtent);
    this.state.fill(segmentState.runTail, extent * this.#perExtent, (extent + 1) * this.#perExtent);
    this.ownExtentBytes += units * 8;
    return extent * this.#perExtent;
  }

  #findRun(segments: number): number {
    let first = this.#runAmongFree(segments);
    while (first === noSegment) {
      this.#addExtent();
      first = this.#runAmongFree(segments);
    }
    for (let segment = first; segment < first + segments; segment++) this.state[segment] = segmentState.runTail;
    let kept = 0;
    for (const segment of this.#free) if (this.state[segment] === segmentState.free) this.#free[kept++] = segment;
    this.#free.length = kept;
    this.#freeInExtent[(first / this.#perExtent) | 0] -= segments;
    return first;
  }

  #runAmongFree(segments: number): number {
    let length = 0;
    // Segment 0 begins no run: a reference of 0 means none.
    for (let segment = 1; segment < this.state.length; segment++) {
      if (segment % this.#perExtent === 0) length = 0;
      length = this.state[segment] === segmentState.free ? length + 1 : 0;
      if (length === segments) return segment - segments + 1;
    }
    return noSegment;
  }

  #freeRun(first: number, units: number): void {
    const segments = this.top[first];
    this.live[first] = 0;
    this.top[first] = 0;
    if (segments > this.#perExtent) {
      const extent = (first / this.#perExtent) | 0;
      this.ownExtentBytes -= units * 8;
      this.state.fill(segmentState.absent, first, first + this.#perExtent);
      this.#bin.add(this.words[extent]);
      this.words[extent] = emptyWords;
      this.bytes[extent] = emptyBytes;
      return;
    }
    for (let segment = first; segment < first + segments; segment++) {
      this.state[segment] = segmentState.free;
      this.usedSegments--;
      this.#free.push(segment);
    }
    this.#freeInExtent[(first / this.#perExtent) | 0] += segments;
  }
}
