/** A HyperLogLog is a string: `HYLL`, encoding, three zero bytes, the cached cardinality (8 bytes, little endian), registers. */
export const headerBytes = 16;
export const magic: Uint8Array = Buffer.from('HYLL');
export const encodingAt = 4;
export const encoding = { dense: 0, sparse: 1 } as const;
export const cardinalityAt = 8;
/** In the last byte of the cached cardinality: it is out of date. */
export const staleAt: number = cardinalityAt + 7;
export const staleBit = 0x80;
export const registerCount = 16_384;
const registerWidth = 6;
export const registerMax = 63;
export const denseBytes: number = headerBytes + (registerCount * registerWidth) / 8;

/** Dense: six bits a register, the lowest bits of a byte first. `base` is where the value begins. */
export function denseRegister(bytes: Uint8Array, base: number, register: number): number {
  const bit = register * registerWidth;
  const at = base + headerBytes + (bit >>> 3);
  const shift = bit & 7;
  const word = shift > 8 - registerWidth ? bytes[at] | (bytes[at + 1] << 8) : bytes[at];
  return (word >>> shift) & registerMax;
}

export function setDenseRegister(bytes: Uint8Array, base: number, register: number, run: number): void {
  const bit = register * registerWidth;
  const at = base + headerBytes + (bit >>> 3);
  const shift = bit & 7;
  bytes[at] = (bytes[at] & ~(registerMax << shift)) | (run << shift);
  if (shift > 8 - registerWidth) bytes[at + 1] = (bytes[at + 1] & ~(registerMax >>> (8 - shift))) | (run >>> (8 - shift));
}

/**
 * Sparse: runs of registers. 00nnnnnn: n + 1 zeros · 01nnnnnn nnnnnnnn: n + 1 zeros · 1vvvvvnn: n + 1 registers that hold v + 1.
 */
export const sparseMaxRun = 32;
export const sparseMaxRepeat = 4;
export const shortZerosMax = 64;

export const isValue = (op: number): boolean => (op & 0x80) !== 0;
export const isLongZeros = (op: number): boolean => (op & 0xc0) === 0x40;
export const opBytes = (op: number): number => (isLongZeros(op) ? 2 : 1);
export const valueOf = (op: number): number => ((op >>> 2) & 0x1f) + 1;
export const valueOp = (value: number, repeat: number): number => 0x80 | ((value - 1) << 2) | (repeat - 1);

/** Registers that the op at `at` is for; a byte missing at the end counts as 0. */
export function repeatAt(bytes: Uint8Array, at: number, end: number): number {
  const op = bytes[at];
  if (isValue(op)) return (op & 3) + 1;
  if (!isLongZeros(op)) return (op & 0x3f) + 1;
  return (((op & 0x3f) << 8) | (at + 1 < end ? bytes[at + 1] : 0)) + 1;
}
