import { doubleWithin } from '../double-argument.ts';

const spaces: ReadonlySet<number> = new Set(Buffer.from('\t\n\v\f\r '));
const smallestNormal = 2 ** -1022;

/** The number as C reads it: up to a zero byte, nothing is 0, spaces may stand in front; NaN for anything else and for what is too large or too small. */
export function numberOf(bytes: Uint8Array, start: number, length: number): number {
  let end = start;
  while (end < start + length && bytes[end] !== 0) end++;
  let from = start;
  if (from === end) return 0;
  while (from < end && spaces.has(bytes[from])) from++;
  const value = doubleWithin(bytes, from, end - from);
  return value !== 0 && Math.abs(value) < smallestNormal ? Number.NaN : value;
}
