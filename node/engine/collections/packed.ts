/**
 * Elements in a row: each is its length, then its bytes. Lengths: one byte below 128, two (10xxxxxx) below 16384, else five. A value of two bytes in front
 * of all says how many elements there are.
 */
export const packedHeaderBytes = 2;
const oneByteLimit = 0x80;
const twoByteLimit = 0x4000;
const longMark = 0xc0;

export function lengthBytes(length: number): number {
  return length < oneByteLimit ? 1 : length < twoByteLimit ? 2 : 5;
}

/** Bytes of an element with its length. */
export function elementBytes(length: number): number {
  return lengthBytes(length) + length;
}

/** Writes a length at `at`; returns the position behind it. */
export function writeLength(bytes: Uint8Array, at: number, length: number): number {
  if (length < oneByteLimit) {
    bytes[at] = length;
    return at + 1;
  }
  if (length < twoByteLimit) {
    bytes[at] = oneByteLimit | (length >>> 8);
    bytes[at + 1] = length & 0xff;
    return at + 2;
  }
  bytes[at] = longMark;
  for (let i = 0; i < 4; i++) bytes[at + 1 + i] = (length >>> (i * 8)) & 0xff;
  return at + 5;
}

export function readLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first < oneByteLimit) return first;
  if (first < longMark) return ((first & 0x3f) << 8) | bytes[at + 1];
  return bytes[at + 1] | (bytes[at + 2] << 8) | (bytes[at + 3] << 16) | (bytes[at + 4] << 24);
}

/** Where the element's bytes begin. */
export function contentAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  return first < oneByteLimit ? at + 1 : first < longMark ? at + 2 : at + 5;
}

export function elementEnd(bytes: Uint8Array, at: number): number {
  return contentAt(bytes, at) + readLength(bytes, at);
}

export function sameBytes(a: Uint8Array, aStart: number, b: Uint8Array, bStart: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[aStart + i] !== b[bStart + i]) return false;
  return true;
}

/** Order of bytes as memcmp has it, then of lengths. */
export function compareBytes(a: Uint8Array, aStart: number, aLength: number, b: Uint8Array, bStart: number, bLength: number): number {
  const common = Math.min(aLength, bLength);
  for (let i = 0; i < common; i++) {
    const difference = a[aStart + i] - b[bStart + i];
    if (difference !== 0) return difference;
  }
  return aLength - bLength;
}
