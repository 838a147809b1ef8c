const significantDigits = 17;

/** `%.17g` of C: how Redis 7.0 writes doubles (`inf`, `-inf` and `nan` for what is not finite). */
export function doubleText(value: number): string {
  if (Number.isSafeInteger(value)) return Object.is(value, -0) ? '-0' : String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e17) return BigInt(value).toString();
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const [mantissa, exponentText] = value.toExponential(significantDigits - 1).split('e');
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= significantDigits) {
    const size = Math.abs(exponent);
    return `${trimZeros(mantissa)}e${exponent < 0 ? '-' : '+'}${size < 10 ? '0' : ''}${size}`;
  }
  return trimZeros(value.toFixed(Math.min(100, significantDigits - 1 - exponent)));
}

function trimZeros(digits: string): string {
  if (!digits.includes('.')) return digits;
  let end = digits.length;
  while (digits.charCodeAt(end - 1) === 0x30) end--;
  return digits.slice(0, digits.charCodeAt(end - 1) === 0x2e ? end - 1 : end);
}
