import type { Call } from './spec.ts';

/** Numbers as Redis reads and writes them, straight from bytes. */

const zero = 0x30;
const minus = 0x2d;
/** So many digits always fit a double exactly. */
const safeDigits = 15;
export const minInt64 = -(2n ** 63n);
export const maxInt64 = 2n ** 63n - 1n;

/**
 * A whole number of at most 15 digits: no sign `+`, no leading zeros, no spaces. NaN for anything else: then `parseInteger64` says whether it is a longer one.
 */
export function parseShortInteger(bytes: Uint8Array, start: number, length: number): number {
  const negative = length > 1 && bytes[start] === minus;
  const first = negative ? start + 1 : start;
  const end = start + length;
  const digits = end - first;
  if (digits < 1 || digits > safeDigits) return Number.NaN;
  let digit = bytes[first] - zero;
  if (digit < 0 || digit > 9 || (digit === 0 && (digits > 1 || negative))) return Number.NaN;
  let value = digit;
  for (let i = first + 1; i < end; i++) {
    digit = bytes[i] - zero;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return negative ? -value : value;
}

/** A 64-bit signed number; undefined for anything else. */
export function parseInteger64(bytes: Uint8Array, start: number, length: number): bigint | undefined {
  if (length < 1 || length > 20) return undefined;
  let text = '';
  for (let i = start; i < start + length; i++) text += String.fromCharCode(bytes[i]);
  if (!/^(?:0|-?[1-9]\d*)$/.test(text)) return undefined;
  const value = BigInt(text);
  return value < minInt64 || value > maxInt64 ? undefined : value;
}

/** Argument `i` as a number that may lose digits beyond 2^53 (enough for counts, positions and times); NaN if it is no 64-bit number. */
export function integerAt(call: Call, i: number): number {
  const value = parseShortInteger(call.bytes, call.start[i], call.length[i]);
  if (!Number.isNaN(value)) return value;
  const long = parseInteger64(call.bytes, call.start[i], call.length[i]);
  return long === undefined ? Number.NaN : Number(long);
}

/** Digits of a safe integer at `at`; returns how many bytes they are. */
export function writeInteger(target: Uint8Array, at: number, value: number): number {
  let rest = Math.abs(value);
  let length = value < 0 ? 2 : 1;
  for (let bound = 10; rest >= bound; bound *= 10) length++;
  let end = at + length;
  while (rest >= 10) {
    const next = Math.floor(rest / 10);
    target[--end] = zero + (rest - next * 10);
    rest = next;
  }
  target[--end] = zero + rest;
  if (value < 0) target[at] = minus;
  return length;
}
