/**
 * Decimal numbers for INCRBYFLOAT and HINCRBYFLOAT. Redis adds in 80-bit long doubles and prints 17 decimals; adding the decimals exactly gives the same text
 * wherever those 80 bits are exact enough to matter.
 */
export interface Decimal {
  /** value = digits × 10^-scale */
  readonly digits: bigint;
  readonly scale: number;
}

const pattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
const maxExponent = 4932;
const shownDecimals = 17;

/** Undefined: not a number; 'infinite': a number that is none to reckon with. */
export function parseDecimal(text: string): Decimal | 'infinite' | undefined {
  const parts = pattern.exec(text);
  if (parts === null) return /^[+-]?(?:inf|infinity)$/i.test(text) ? 'infinite' : undefined;
  const [, sign, whole, fraction = '', exponent = '0'] = parts;
  if (whole === '' && fraction === '') return undefined;
  const power = Number(exponent);
  if (Math.abs(power) > maxExponent) return power > 0 && /[1-9]/.test(whole + fraction) ? 'infinite' : { digits: 0n, scale: 0 };
  const magnitude = BigInt(whole + fraction);
  const digits = sign === '-' ? -magnitude : magnitude;
  const scale = fraction.length - power;
  return scale < 0 ? { digits: digits * 10n ** BigInt(-scale), scale: 0 } : { digits, scale };
}

export function addDecimals(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  return { digits: a.digits * 10n ** BigInt(scale - a.scale) + b.digits * 10n ** BigInt(scale - b.scale), scale };
}

/** At most 17 decimals, no trailing zeros, no exponent. */
export function decimalText(value: Decimal): string {
  let { digits, scale } = value;
  if (scale > shownDecimals) {
    const divisor = 10n ** BigInt(scale - shownDecimals);
    digits = divideToEven(digits, divisor);
    scale = shownDecimals;
  }
  const negative = digits < 0n;
  const text = (negative ? -digits : digits).toString().padStart(scale + 1, '0');
  const whole = text.slice(0, text.length - scale);
  const fraction = text.slice(text.length - scale).replace(/0+$/, '');
  return (negative && digits !== 0n ? '-' : '') + (fraction === '' ? whole : `${whole}.${fraction}`);
}

/** Rounds to the nearest whole, to the even one of two that are as near. */
function divideToEven(value: bigint, divisor: bigint): bigint {
  const magnitude = value < 0n ? -value : value;
  const whole = magnitude / divisor;
  const twice = (magnitude % divisor) * 2n;
  const rounded = twice > divisor || (twice === divisor && (whole & 1n) === 1n) ? whole + 1n : whole;
  return value < 0n ? -rounded : rounded;
}
