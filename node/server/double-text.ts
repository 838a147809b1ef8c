const significantDigits = 17;

/** `%.17g` of C: how Redis 7.0 writes doubles (`inf`, `-inf` and `nan` for what is not finite). */
export function doubleText(value: number): string {
  if (Number.isSafeInteger(value)) return Object.is(value, -0) ? '-0' : String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e17) return BigInt(value).toString();
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const [mantissa, exponentText] = value.toExponential(significantDigits - 1).split('e');
  const exponent = Number(exponentText);
  const tie = isTie(value, exponent);
  if (exponent < -4 || exponent >= significantDigits) {
    const size = Math.abs(exponent);
    return `${trimZeros(tie ? toEven(mantissa) : mantissa)}e${exponent < 0 ? '-' : '+'}${size < 10 ? '0' : ''}${size}`;
  }
  const digits = value.toFixed(Math.min(100, significantDigits - 1 - exponent));
  return trimZeros(tie ? toEven(digits) : digits);
}

/** Exactly in the middle between two texts: its last bit is as far behind the point as the digit behind the last one shown. */
function isTie(value: number, exponent: number): boolean {
  return Math.abs(value * 2 ** (significantDigits - exponent)) % 2 === 1;
}

/** JavaScript went up, C goes to the even digit. */
function toEven(digits: string): string {
  const last = digits.charCodeAt(digits.length - 1);
  return (last & 1) === 0 ? digits : digits.slice(0, -1) + String.fromCharCode(last - 1);
}

function trimZeros(digits: string): string {
  if (!digits.includes('.')) return digits;
  let end = digits.length;
  while (digits.charCodeAt(end - 1) === 0x30) end--;
  return digits.slice(0, digits.charCodeAt(end - 1) === 0x2e ? end - 1 : end);
}
