import type { Call } from './spec.ts';

/** Floating point arguments as Redis reads them (C's strtod), straight from bytes where they are short decimals. */

const zero = 0x30;
const minus = 0x2d;
const plus = 0x2b;
const point = 0x2e;
const letterE = 0x65;
/** A quotient of two numbers that doubles hold exactly is rounded once, as strtod rounds. */
const exactDigits = 15;
const powersOfTen: readonly number[] = Array.from({ length: exactDigits + 1 }, (_, i) => 10 ** i);
const decimalPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const infinityPattern = /^[+-]?inf(?:inity)?$/i;
const hexPattern = /^([+-]?)0x([\da-f]*)(?:\.([\da-f]*))?(?:p([+-]?\d+))?$/i;

/** NaN: not a number. A number too large for a double is infinite. */
export function parseDouble(bytes: Uint8Array, start: number, length: number): number {
  let at = start;
  const end = start + length;
  const first = bytes[at];
  if (length > 1 && (first === minus || first === plus)) at += 1;
  let value = 0;
  let digits = 0;
  let decimals = -1;
  for (; at < end; at++) {
    const digit = bytes[at] - zero;
    if (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      digits += 1;
      if (decimals >= 0) decimals += 1;
    } else if (bytes[at] === point && decimals < 0) decimals = 0;
    else return parseUnusual(bytes, start, length);
  }
  if (digits === 0 || digits > exactDigits) return parseUnusual(bytes, start, length);
  if (decimals > 0) value /= powersOfTen[decimals];
  return first === minus ? -value : value;
}

/** Argument `i` as a score, weight or distance: NaN for what is none, also for a number beyond the range of doubles. */
export const doubleAt = ({ bytes, start, length }: Call, i: number): number => doubleWithin(bytes, start[i], length[i]);

/** As `parseDouble`; NaN also for a number beyond the range of doubles. */
export function doubleWithin(bytes: Uint8Array, start: number, length: number): number {
  const value = parseDouble(bytes, start, length);
  if (value === 0) return vanished(bytes, start, length) ? Number.NaN : value;
  if (Number.isFinite(value)) return value;
  return infinityPattern.test(Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('latin1')) ? value : Number.NaN;
}

/** The text of a 0 has a digit that is none: the number was too small for a double. */
function vanished(bytes: Uint8Array, start: number, length: number): boolean {
  for (let i = start; i < start + length; i++) {
    if ((bytes[i] | 0x20) === letterE) return false;
    if (bytes[i] > zero && bytes[i] <= zero + 9) return true;
  }
  return false;
}

function parseUnusual(bytes: Uint8Array, start: number, length: number): number {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('latin1');
  if (decimalPattern.test(text)) return Number(text);
  if (infinityPattern.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  const hex = hexPattern.exec(text);
  if (hex === null) return Number.NaN;
  const [, sign, whole, fraction = '', exponent = '0'] = hex;
  if (whole === '' && fraction === '') return Number.NaN;
  const value = Number(BigInt(`0x0${whole}${fraction}`)) * 2 ** (Number(exponent) - 4 * fraction.length);
  return sign === '-' ? -value : value;
}
