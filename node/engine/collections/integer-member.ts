const zero = 0x30;
const minus = 0x2d;
const maxDigits = 19;
const largest = '9223372036854775807';
const largestNegative = '9223372036854775808';

/** Whether the bytes are a 64-bit signed integer in its shortest form. */
export function isInteger64(bytes: Uint8Array, start: number, length: number): boolean {
  const negative = length > 1 && bytes[start] === minus;
  const first = negative ? start + 1 : start;
  const digits = start + length - first;
  if (digits < 1 || digits > maxDigits) return false;
  if (bytes[first] === zero && (digits > 1 || negative)) return false;
  for (let i = first; i < start + length; i++) if (bytes[i] < zero || bytes[i] > zero + 9) return false;
  return digits < maxDigits || withinLimit(bytes, first, negative ? largestNegative : largest);
}

function withinLimit(bytes: Uint8Array, first: number, limit: string): boolean {
  for (let i = 0; i < maxDigits; i++) {
    const difference = bytes[first + i] - limit.charCodeAt(i);
    if (difference !== 0) return difference < 0;
  }
  return true;
}
