import {
  denseBytes, denseRegister, encoding, encodingAt, headerBytes, isLongZeros, isValue, magic, opBytes, registerCount, repeatAt, setDenseRegister, shortZerosMax, sparseMaxRepeat, sparseMaxRun,
  staleAt, staleBit, valueOf, valueOp,
} from './layout.ts';

/** What became of one register: -1: the bytes make no sense. */
type Outcome = 1 | 0 | -1;
/** Ops looked at, from the one before a change on, for neighbours that can be one. */
const mergeScan = 5;

/** A HyperLogLog being worked on, in a buffer of its own that is used again; it begins as an empty, sparse one. */
export class Sketch {
  bytes: Uint8Array = new Uint8Array(denseBytes + 64);
  length = 0;
  readonly #ops = new Uint8Array(8);
  #opCount = 0;

  clear(): void {
    this.bytes.fill(0, 0, headerBytes);
    this.bytes.set(magic);
    this.bytes[encodingAt] = encoding.sparse;
    this.bytes[headerBytes] = 0x40 | ((registerCount - 1) >>> 8);
    this.bytes[headerBytes + 1] = (registerCount - 1) & 0xff;
    this.length = headerBytes + 2;
  }

  load(bytes: Uint8Array, start: number, length: number): void {
    if (length + 8 > this.bytes.length) this.bytes = new Uint8Array(length + 64);
    this.bytes.set(bytes.subarray(start, start + length));
    this.length = length;
  }

  get isDense(): boolean {
    return this.bytes[encodingAt] === encoding.dense;
  }

  invalidate(): void {
    this.bytes[staleAt] |= staleBit;
  }

  /** Raises a register to `run`; 1: it was lower. */
  raise(register: number, run: number, sparseMaxBytes: number): Outcome {
    if (!this.isDense) return this.#raiseSparse(register, run, sparseMaxBytes);
    if (run <= denseRegister(this.bytes, 0, register)) return 0;
    setDenseRegister(this.bytes, 0, register, run);
    return 1;
  }

  /** False: the bytes make no sense. */
  becomeDense(): boolean {
    if (this.isDense) return true;
    const dense = new Uint8Array(denseBytes);
    dense.set(this.bytes.subarray(0, headerBytes));
    dense[encodingAt] = encoding.dense;
    const valid = forEachRun(this.bytes, 0, this.length, (register, repeat, value) => {
      for (let i = 0; i < repeat; i++) setDenseRegister(dense, 0, register + i, value);
    });
    if (valid) this.load(dense, 0, denseBytes);
    return valid;
  }

  #raiseSparse(register: number, run: number, sparseMaxBytes: number): Outcome {
    if (run > sparseMaxRun) return this.#raiseDense(register, run);
    const { bytes } = this;
    let at = headerBytes;
    let before = headerBytes;
    let first = 0;
    let repeat = 0;
    for (; at < this.length; at += opBytes(bytes[at])) {
      repeat = repeatAt(bytes, at, this.length);
      if (register < first + repeat) break;
      before = at;
      first += repeat;
    }
    if (at >= this.length) return -1;
    const old = isValue(bytes[at]) ? valueOf(bytes[at]) : 0;
    if (old >= run) return 0;
    this.#opCount = 0;
    this.#addOps(old, register - first);
    this.#ops[this.#opCount++] = valueOp(run, 1);
    this.#addOps(old, first + repeat - 1 - register);
    const oldBytes = Math.min(opBytes(bytes[at]), this.length - at);
    const more = this.#opCount - oldBytes;
    if (more > 0 && this.length + more > sparseMaxBytes) return this.#raiseDense(register, run);
    if (this.length + more + 8 > bytes.length) this.#grow();
    this.bytes.copyWithin(at + this.#opCount, at + oldBytes, this.length);
    for (let i = 0; i < this.#opCount; i++) this.bytes[at + i] = this.#ops[i];
    this.length += more;
    this.#merge(before);
    this.invalidate();
    return 1;
  }

  #raiseDense(register: number, run: number): Outcome {
    if (!this.becomeDense()) return -1;
    return this.raise(register, run, 0);
  }

  #addOps(value: number, repeat: number): void {
    if (repeat === 0) return;
    if (value > 0) this.#ops[this.#opCount++] = valueOp(value, repeat);
    else if (repeat <= shortZerosMax) this.#ops[this.#opCount++] = repeat - 1;
    else {
      this.#ops[this.#opCount++] = 0x40 | ((repeat - 1) >>> 8);
      this.#ops[this.#opCount++] = (repeat - 1) & 0xff;
    }
  }

  /** Makes one op of neighbours with the same value, as far as an op reaches. */
  #merge(from: number): void {
    const { bytes } = this;
    let at = from;
    for (let left = mergeScan; left > 0 && at < this.length; left--) {
      const op = bytes[at];
      const next = bytes[at + 1];
      if (isValue(op) && at + 1 < this.length && isValue(next) && valueOf(op) === valueOf(next)) {
        const repeat = (op & 3) + (next & 3) + 2;
        if (repeat <= sparseMaxRepeat) {
          bytes[at + 1] = valueOp(valueOf(op), repeat);
          bytes.copyWithin(at, at + 1, this.length);
          this.length -= 1;
          continue;
        }
      }
      at += opBytes(op);
    }
  }

  #grow(): void {
    const larger = new Uint8Array(this.bytes.length * 2);
    larger.set(this.bytes);
    this.bytes = larger;
  }
}

/** Visits the runs of a sparse value that are not 0; false when they are not for all registers. */
export function forEachRun(bytes: Uint8Array, start: number, end: number, visit: (register: number, repeat: number, value: number) => void): boolean {
  let register = 0;
  for (let at = start + headerBytes; at < end; at += isLongZeros(bytes[at]) ? 2 : 1) {
    const repeat = repeatAt(bytes, at, end);
    if (isValue(bytes[at])) {
      if (register + repeat > registerCount) return false;
      visit(register, repeat, valueOf(bytes[at]));
    }
    register += repeat;
  }
  return register === registerCount;
}
