import { copyBytes } from '../copy-bytes.ts';
import { entryType } from '../entry-layout.ts';
import type { CollectionLimits } from './limits.ts';
import type { EntryStore } from './entry-store.ts';
import { frameListElement, listElementBefore, listElementBytes } from './list-element.ts';
import { ListNodes } from './list-nodes.ts';
import { contentAt, packedHeaderBytes, readLength } from './packed.ts';
import { Session } from './session.ts';

/** Lists above this go into nodes. Redis 7.0 calls every list a quicklist. */
const maxPackedBytes = 512;

/** Lists: packed in the entry, or nodes. One place is looked at (`seek`, `next`, `previous`). */
export class Lists extends Session {
  readonly type = entryType.list;
  readonly encoding = 'quicklist';
  elementBytes: Uint8Array = new Uint8Array(0);
  elementStart = 0;
  elementLength = 0;
  readonly #nodes: ListNodes;
  readonly #popped = new Uint8Array(maxPackedBytes);
  /** Offset of the packed element looked at. */
  #at = 0;
  /** The element looked at has not been given by `next` yet. */
  #pending = false;
  /** The place is behind the last element. */
  #behindAll = false;

  constructor(store: EntryStore, scratch: { bytes: Uint8Array }, limits: CollectionLimits) {
    super(store, scratch, limits);
    this.#nodes = new ListNodes(store.parts);
  }

  pushFront(bytes: Uint8Array, start: number, length: number): void {
    this.#push(true, bytes, start, length);
  }

  pushBack(bytes: Uint8Array, start: number, length: number): void {
    this.#push(false, bytes, start, length);
  }

  /** Looks at the element at `index`, negative from the end; false when there is none. */
  seek(index: number): boolean {
    const { size } = this;
    const wanted = index < 0 ? size + index : index;
    this.#pending = false;
    this.#behindAll = false;
    if (wanted < 0 || wanted >= size) return false;
    if (this.root !== 0) {
      this.#nodes.seek(wanted);
      return this.#viewNode();
    }
    let at = this.start + packedHeaderBytes;
    for (let i = 0; i < wanted; i++) at = this.#packedEnd(at);
    return this.#viewPacked(at);
  }

  /** Before the first element: `next` gives it. */
  rewind(): void {
    this.#pending = this.seek(0);
    this.#behindAll = !this.#pending;
  }

  next(): boolean {
    if (this.#behindAll) return false;
    if (this.#pending) {
      this.#pending = false;
      return true;
    }
    if (this.root !== 0) {
      if (this.#nodes.step(true)) return this.#viewNode();
    } else {
      const at = this.#packedEnd(this.#at);
      if (at < this.end) return this.#viewPacked(at);
    }
    this.#behindAll = true;
    return false;
  }

  previous(): boolean {
    if (this.#behindAll) return this.seek(-1);
    this.#pending = false;
    if (this.root !== 0) return this.#nodes.step(false) && this.#viewNode();
    if (this.#at <= this.start + packedHeaderBytes) return false;
    return this.#viewPacked(listElementBefore(this.packed, this.#at));
  }

  /** Removes the first element, which the view then shows; false when the list is empty. */
  popFront(): boolean {
    return this.#pop(0);
  }

  popBack(): boolean {
    return this.#pop(-1);
  }

  /** Removes the element looked at: `next` gives the one behind it, `previous` the one before. */
  removeHere(): void {
    if (this.root !== 0) {
      this.#nodes.remove();
      this.touchedIt();
      this.#pending = this.#nodes.node !== 0;
      if (this.#pending) this.#viewNode();
    } else {
      this.setPackedSize(this.size - 1);
      this.splice(this.#at, this.#packedEnd(this.#at) - this.#at, 0);
      this.#pending = this.#at < this.end;
      if (this.#pending) this.#viewPacked(this.#at);
    }
    this.#behindAll = !this.#pending;
  }

  removeRange(from: number, count: number): void {
    if (count <= 0 || !this.seek(from)) return;
    for (let i = 0; i < count && !this.#behindAll; i++) this.removeHere();
  }

  /** Gives the element looked at another value. The place is lost. */
  replace(bytes: Uint8Array, start: number, length: number): void {
    if (this.#stays(listElementBytes(length))) {
      const at = this.#at;
      this.splice(at, this.#packedEnd(at) - at, listElementBytes(length));
      copyBytes(bytes, start, this.packed, frameListElement(this.packed, at, length), length);
    } else {
      this.#nodes.replace(bytes, start, length);
      this.touchedIt();
    }
  }

  insertBefore(bytes: Uint8Array, start: number, length: number): void {
    this.#insert(true, bytes, start, length);
  }

  insertAfter(bytes: Uint8Array, start: number, length: number): void {
    this.#insert(false, bytes, start, length);
  }

  protected openRoot(root: number): void {
    this.#nodes.open(root);
  }

  protected largeSize(): number {
    return this.#nodes.size;
  }

  #push(front: boolean, bytes: Uint8Array, start: number, length: number): void {
    const needed = listElementBytes(length);
    if (this.root === 0 && this.end - this.start + needed > maxPackedBytes) this.#convert();
    if (this.root !== 0) {
      this.#nodes.push(front, bytes, start, length);
      this.touchedIt();
      return;
    }
    const at = front ? this.start + packedHeaderBytes : this.end;
    this.splice(at, 0, needed);
    copyBytes(bytes, start, this.packed, frameListElement(this.packed, at, length), length);
    this.setPackedSize(this.size + 1);
  }

  #pop(index: 0 | -1): boolean {
    if (!this.seek(index)) return false;
    const { elementLength } = this;
    let { elementBytes, elementStart } = this;
    if (this.root === 0) {
      copyBytes(elementBytes, elementStart, this.#popped, 0, elementLength);
      elementBytes = this.#popped;
      elementStart = 0;
    }
    // What a node held stays readable until the next write.
    this.removeHere();
    this.elementBytes = elementBytes;
    this.elementStart = elementStart;
    this.elementLength = elementLength;
    this.#pending = false;
    this.#behindAll = true;
    return true;
  }

  #insert(before: boolean, bytes: Uint8Array, start: number, length: number): void {
    const needed = listElementBytes(length);
    if (!this.#stays(needed)) {
      this.#nodes.insert(before, bytes, start, length);
      this.touchedIt();
      this.#viewNode();
      return;
    }
    const at = before ? this.#at : this.#packedEnd(this.#at);
    const own = this.#at;
    this.splice(at, 0, needed);
    copyBytes(bytes, start, this.packed, frameListElement(this.packed, at, length), length);
    this.setPackedSize(this.size + 1);
    this.#viewPacked(before ? own + needed : own);
  }

  /** True while the list is packed and stays so with `more` bytes; otherwise it is large from now on, looking at the same element. */
  #stays(more: number): boolean {
    if (this.root !== 0) return false;
    if (this.end - this.start + more <= maxPackedBytes) return true;
    let index = 0;
    for (let at = this.start + packedHeaderBytes; at < this.#at; at = this.#packedEnd(at)) index++;
    this.#convert();
    this.#nodes.seek(index);
    return false;
  }

  #packedEnd(at: number): number {
    return at + listElementBytes(readLength(this.packed, at));
  }

  #viewPacked(at: number): boolean {
    this.#at = at;
    this.elementBytes = this.packed;
    this.elementStart = contentAt(this.packed, at);
    this.elementLength = readLength(this.packed, at);
    return true;
  }

  #viewNode(): boolean {
    this.elementBytes = this.#nodes.bytes;
    this.elementStart = this.#nodes.elementStart;
    this.elementLength = this.#nodes.elementLength;
    return true;
  }

  #convert(): void {
    const root = this.#nodes.create();
    for (let at = this.start + packedHeaderBytes; at < this.end; at = this.#packedEnd(at)) {
      this.#nodes.push(false, this.packed, contentAt(this.packed, at), readLength(this.packed, at));
    }
    this.becomeLarge(root);
  }
}
