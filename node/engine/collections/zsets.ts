import { copyBytes } from '../copy-bytes.ts';
import { entryType, largeEncoding } from '../entry-layout.ts';
import type { EntryStore } from './entry-store.ts';
import { maxPackedElements, type CollectionLimits } from './limits.ts';
import { compareBytes, contentAt, elementBytes, packedHeaderBytes, readLength, sameBytes, writeLength } from './packed.ts';
import { ScoredDict } from './scored-dict.ts';
import { Session } from './session.ts';

const scoreBytes = 8;
const scoreView = new Float64Array(1);
const scoreAsBytes = new Uint8Array(scoreView.buffer);

/** Sorted sets: packed as member and score in order; large as a table and an order. Scores are never NaN. */
export class Zsets extends Session {
  readonly type = entryType.zset;
  memberBytes: Uint8Array = new Uint8Array(0);
  memberStart = 0;
  memberLength = 0;
  score = 0;
  readonly #large: ScoredDict;
  /** Offset and rank of the packed element looked at; rank -1: before the first. */
  #at = 0;
  #rank = -1;
  #begun = false;

  constructor(store: EntryStore, scratch: { bytes: Uint8Array }, limits: CollectionLimits) {
    super(store, scratch, limits);
    this.#large = new ScoredDict(store.parts, store.seed);
  }

  get encoding(): 'listpack' | 'skiplist' {
    return (this.form & largeEncoding) === 0 ? 'listpack' : 'skiplist';
  }

  /** Sets `score` and the view when the member is there. */
  find(bytes: Uint8Array, start: number, length: number): boolean {
    if (this.root === 0) return this.#locate(bytes, start, length) >= 0;
    return this.#large.find(bytes, start, length) && this.#viewLarge();
  }

  /** 1: new; 0: it was there and has the score now. */
  set(bytes: Uint8Array, start: number, length: number, score: number): number {
    if (this.root === 0) {
      const at = this.#locate(bytes, start, length);
      if (at >= 0) {
        if (this.score === score) return 0;
        this.#cut(at, length);
        this.#place(bytes, start, length, score);
        return 0;
      }
      if (this.#fitsPacked(this.size + 1, length)) {
        this.#place(bytes, start, length, score);
        return 1;
      }
      this.#convert();
    }
    this.touchedIt();
    return this.#large.set(bytes, start, length, score);
  }

  /** So many members, the longest of so many bytes, will be put into this empty set: what ends large is large from the start, so that its scores never were in packed form. */
  expect(members: number, longestBytes: number): void {
    if (this.root === 0 && !this.#fitsPacked(members, longestBytes)) this.#convert();
  }

  remove(bytes: Uint8Array, start: number, length: number): boolean {
    if (this.root !== 0) {
      if (!this.#large.remove(bytes, start, length)) return false;
      this.touchedIt();
      return true;
    }
    const at = this.#locate(bytes, start, length);
    if (at < 0) return false;
    this.#cut(at, length);
    return true;
  }

  /** Elements before the member in ascending order; -1 when it is not there. */
  rankOf(bytes: Uint8Array, start: number, length: number): number {
    if (!this.find(bytes, start, length)) return -1;
    if (this.root !== 0) return this.#large.order.rank(this.score, bytes, start, length, false);
    return this.#rank;
  }

  /** How many elements have a score below this one (or equal). */
  rankOfScore(score: number, orEqual: boolean): number {
    if (this.root !== 0) return this.#large.order.rankOfScore(score, orEqual);
    let rank = 0;
    for (let at = this.start + packedHeaderBytes; at < this.end; at = this.#endOf(at)) {
      const own = this.#scoreAt(at);
      if (orEqual ? own > score : own >= score) break;
      rank++;
    }
    return rank;
  }

  /** How many members are below these bytes (or equal), where all scores are the same. */
  rankOfLex(bytes: Uint8Array, start: number, length: number, orEqual: boolean): number {
    if (this.size === 0) return 0;
    if (this.root !== 0) {
      this.seekRank(0);
      return this.#large.order.rank(this.score, bytes, start, length, orEqual);
    }
    let rank = 0;
    for (let at = this.start + packedHeaderBytes; at < this.end; at = this.#endOf(at)) {
      const order = compareBytes(this.packed, contentAt(this.packed, at), readLength(this.packed, at), bytes, start, length);
      if (orEqual ? order > 0 : order >= 0) break;
      rank++;
    }
    return rank;
  }

  /** Looks at the element of this rank in ascending order; false when there is none. */
  seekRank(rank: number): boolean {
    this.#begun = true;
    if (rank < 0 || rank >= this.size) return false;
    if (this.root !== 0) {
      this.#large.order.seekRank(rank);
      return this.#viewPlace();
    }
    let at = this.start + packedHeaderBytes;
    for (let i = 0; i < rank; i++) at = this.#endOf(at);
    return this.#view(at, rank);
  }

  /** Before the first element: `next` gives it. */
  rewind(): void {
    this.#begun = false;
  }

  next(): boolean {
    if (!this.#begun) return this.seekRank(0);
    if (this.root !== 0) return this.#large.order.step(true) && this.#viewPlace();
    const at = this.#endOf(this.#at);
    return at < this.end && this.#view(at, this.#rank + 1);
  }

  previous(): boolean {
    if (this.root !== 0) return this.#large.order.step(false) && this.#viewPlace();
    return this.seekRank(this.#rank - 1);
  }

  removeRange(fromRank: number, count: number): void {
    for (let i = 0; i < count && this.seekRank(fromRank); i++) {
      if (this.root === 0) {
        this.#cut(this.#at, this.memberLength);
      } else {
        this.#large.removeHere();
        this.touchedIt();
      }
    }
  }

  /** Visits at least `count` elements if there are so many (packed: all); the next cursor, 0 at the end. */
  scan(cursor: number, count: number, visit: () => void): number {
    if (this.root !== 0) return this.#large.scan(cursor, count, () => this.#viewLarge() && visit());
    this.rewind();
    while (this.next()) visit();
    return 0;
  }

  seekRandom(unit: number): void {
    if (this.root === 0) {
      this.seekRank(Math.floor(unit * this.size));
      return;
    }
    this.#large.seekRandom(unit);
    this.#viewLarge();
  }

  protected openRoot(root: number): void {
    this.#large.open(root);
  }

  protected largeSize(): number {
    return this.#large.size;
  }

  #locate(bytes: Uint8Array, start: number, length: number): number {
    const { packed, end } = this;
    let rank = 0;
    for (let at = this.start + packedHeaderBytes; at < end; at = this.#endOf(at)) {
      const content = contentAt(packed, at);
      if (readLength(packed, at) === length && sameBytes(packed, content, bytes, start, length)) {
        this.#view(at, rank);
        return at;
      }
      rank++;
    }
    return -1;
  }

  /** Puts a member that is not there where it belongs. */
  #place(bytes: Uint8Array, start: number, length: number, score: number): void {
    let at = this.start + packedHeaderBytes;
    for (; at < this.end; at = this.#endOf(at)) {
      const own = this.#scoreAt(at);
      if (own > score || (own === score && compareBytes(this.packed, contentAt(this.packed, at), readLength(this.packed, at), bytes, start, length) > 0)) break;
    }
    this.splice(at, 0, elementBytes(length) + scoreBytes);
    const content = writeLength(this.packed, at, length);
    copyBytes(bytes, start, this.packed, content, length);
    // Redis' packed sets write whole scores as integers, which know no -0.
    scoreView[0] = score + 0;
    copyBytes(scoreAsBytes, 0, this.packed, content + length, scoreBytes);
    this.setPackedSize(this.size + 1);
    this.score = score;
  }

  #cut(at: number, length: number): void {
    this.setPackedSize(this.size - 1);
    this.splice(at, elementBytes(length) + scoreBytes, 0);
  }

  #endOf(at: number): number {
    return contentAt(this.packed, at) + readLength(this.packed, at) + scoreBytes;
  }

  #scoreAt(at: number): number {
    copyBytes(this.packed, contentAt(this.packed, at) + readLength(this.packed, at), scoreAsBytes, 0, scoreBytes);
    return scoreView[0];
  }

  #view(at: number, rank: number): true {
    this.#at = at;
    this.#rank = rank;
    this.#begun = true;
    this.memberBytes = this.packed;
    this.memberStart = contentAt(this.packed, at);
    this.memberLength = readLength(this.packed, at);
    this.score = this.#scoreAt(at);
    return true;
  }

  #viewPlace(): true {
    this.#large.view(this.#large.order.here());
    return this.#viewLarge();
  }

  #viewLarge(): true {
    const large = this.#large;
    this.memberBytes = large.bytes;
    this.memberStart = large.memberStart;
    this.memberLength = large.memberLength;
    this.score = large.score;
    return true;
  }

  #fitsPacked(members: number, longestBytes: number): boolean {
    const { zsetMaxListpackEntries, zsetMaxListpackValue } = this.limits;
    return longestBytes <= zsetMaxListpackValue && members <= zsetMaxListpackEntries && members <= maxPackedElements;
  }

  #convert(): void {
    const root = this.#large.create();
    this.rewind();
    while (this.next()) this.#large.set(this.memberBytes, this.memberStart, this.memberLength, this.score);
    this.becomeLarge(root);
  }
}
