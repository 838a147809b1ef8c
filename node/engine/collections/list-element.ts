import { lengthBytes, writeLength } from './packed.ts';

/**
 * Elements of lists can be walked from both ends: length, bytes, then the size of both again, one byte below 255, else four bytes and 255.
 */
const shortLimit = 255;

export function listElementBytes(length: number): number {
  const front = lengthBytes(length) + length;
  return front + (front < shortLimit ? 1 : 5);
}

/** Writes all but the element's bytes at `at`; returns where they go. */
export function frameListElement(bytes: Uint8Array, at: number, length: number): number {
  const content = writeLength(bytes, at, length);
  const front = content - at + length;
  const behind = content + length;
  if (front < shortLimit) {
    bytes[behind] = front;
  } else {
    for (let i = 0; i < 4; i++) bytes[behind + i] = (front >>> (i * 8)) & 0xff;
    bytes[behind + 4] = shortLimit;
  }
  return content;
}

/** Where the element that ends at `end` begins. */
export function listElementBefore(bytes: Uint8Array, end: number): number {
  const last = bytes[end - 1];
  if (last < shortLimit) return end - 1 - last;
  return end - 5 - (bytes[end - 5] | (bytes[end - 4] << 8) | (bytes[end - 3] << 16) | (bytes[end - 2] << 24));
}
