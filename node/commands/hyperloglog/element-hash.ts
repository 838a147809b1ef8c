/**
 * MurmurHash64A of an element, in halves of 32 bits: its low 14 bits name a register, the run of zeros behind them is what the register remembers.
 * Other implementations of Redis' format must find the same, so neither hash nor seed may change.
 */
const seed = 0xadc83b19;
const multiplierHigh = 0xc6a4a793;
const multiplierLow = 0x5bd1e995;
const multiplierLow0 = multiplierLow & 0xffff;
const multiplierLow1 = multiplierLow >>> 16;
const registerBits = 14;
const registerMask = (1 << registerBits) - 1;
/** Bit 50 of what is left ends every run. */
const endOfRun = 1 << (64 - registerBits - 32);

let high = 0;
let low = 0;

/** Register and run of the element hashed last. */
export const hashed = { register: 0, run: 0 };

export function hashElement(bytes: Uint8Array, start: number, length: number): void {
  setProduct(0, length);
  let hashHigh = high;
  let hashLow = (low ^ seed) >>> 0;
  const wholeEnd = start + (length & ~7);
  for (let at = start; at < wholeEnd; at += 8) {
    setProduct(wordAt(bytes, at + 4), wordAt(bytes, at));
    low = (low ^ (high >>> 15)) >>> 0;
    setProduct(high, low);
    setProduct((hashHigh ^ high) >>> 0, (hashLow ^ low) >>> 0);
    hashHigh = high;
    hashLow = low;
  }
  const rest = length & 7;
  if (rest > 0) {
    for (let i = 0; i < rest; i++) {
      if (i < 4) hashLow = (hashLow ^ (bytes[wholeEnd + i] << (8 * i))) >>> 0;
      else hashHigh = (hashHigh ^ (bytes[wholeEnd + i] << (8 * (i - 4)))) >>> 0;
    }
    setProduct(hashHigh, hashLow);
    hashHigh = high;
    hashLow = low;
  }
  hashLow = (hashLow ^ (hashHigh >>> 15)) >>> 0;
  setProduct(hashHigh, hashLow);
  hashHigh = high;
  hashLow = (low ^ (high >>> 15)) >>> 0;
  hashed.register = hashLow & registerMask;
  hashed.run = 1 + trailingZeros((hashHigh >>> registerBits) | endOfRun, ((hashLow >>> registerBits) | (hashHigh << (32 - registerBits))) >>> 0);
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
}

/** Sets `high` and `low` to the low 64 bits of (a, b) × multiplier. */
function setProduct(a: number, b: number): void {
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const p00 = b0 * multiplierLow0;
  const p01 = b0 * multiplierLow1;
  const p10 = b1 * multiplierLow0;
  const middle = (p00 >>> 16) + (p01 & 0xffff) + (p10 & 0xffff);
  const carried = b1 * multiplierLow1 + (p01 >>> 16) + (p10 >>> 16) + (middle >>> 16);
  low = ((middle << 16) | (p00 & 0xffff)) >>> 0;
  high = (carried + Math.imul(a, multiplierLow) + Math.imul(b, multiplierHigh)) >>> 0;
}

function trailingZeros(upper: number, lower: number): number {
  return lower === 0 ? 32 + lowestBit(upper) : lowestBit(lower);
}

const lowestBit = (value: number): number => 31 - Math.clz32(value & -value);
