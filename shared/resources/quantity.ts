/**
 * Kubernetes quantities (`256Mi`, `1.5Gi`, `100m`, `1e3`, or a plain number), held exactly in billionths: what the API
 * server keeps is never finer. Anything finer is rounded away from zero, as there.
 */
export interface Quantity {
  readonly nanos: bigint;
}

const nanosPerUnit = 1_000_000_000n;
const quantityText = /^([+-]?)(\d*)(?:\.(\d*))?(?:([KMGTPE]i)|([numkMGTPE]?)|[eE]([+-]?\d+))$/;
const decimalExponents: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const binaryPowers: Readonly<Record<string, bigint>> = { Ki: 1n, Mi: 2n, Gi: 3n, Ti: 4n, Pi: 5n, Ei: 6n };
/** Larger magnitudes are capped by the API server. */
const maxNanos = (2n ** 63n - 1n) * nanosPerUnit;
/** Beyond this an exponent only makes zero or the cap; refused so that no text can order a huge power. */
const maxExponent = 100;

/** Undefined when the text is not a quantity. */
export function parseQuantity(value: string | number): Quantity | undefined {
  const match = quantityText.exec(String(value));
  if (!match) return undefined;
  const [, sign, whole, fraction = '', binary, decimal = '', exponentText] = match;
  if (whole === '' && fraction === '') return undefined;
  const exponent = exponentText === undefined ? decimalExponents[decimal] : Number(exponentText);
  if (Math.abs(exponent) > maxExponent) return undefined;
  const digits = BigInt(whole + fraction);
  const scaled = digits * (binary === undefined ? 1n : 1024n ** binaryPowers[binary]);
  const magnitude = shiftTen(scaled, (binary === undefined ? exponent : 0) + 9 - fraction.length);
  const capped = magnitude > maxNanos ? maxNanos : magnitude;
  return { nanos: sign === '-' ? -capped : capped };
}

function shiftTen(value: bigint, places: number): bigint {
  if (places >= 0) return value * 10n ** BigInt(places);
  const divisor = 10n ** BigInt(-places);
  return (value + divisor - 1n) / divisor;
}

/** -1, 0 or 1. */
export function compareQuantities(left: Quantity, right: Quantity): -1 | 0 | 1 {
  if (left.nanos === right.nanos) return 0;
  return left.nanos < right.nanos ? -1 : 1;
}

export const isWholeQuantity = (quantity: Quantity): boolean => quantity.nanos % nanosPerUnit === 0n;

/** Whole units (bytes, for a size), rounded up. Throws RangeError for what is not a quantity: admission has refused that before. */
export function quantityToNumber(value: string | number): number {
  const quantity = parseQuantity(value);
  if (!quantity) throw new RangeError(`not a quantity: ${value}`);
  const units = quantity.nanos / nanosPerUnit;
  return Number(quantity.nanos > units * nanosPerUnit ? units + 1n : units);
}

const binarySuffixes = ['Ei', 'Pi', 'Ti', 'Gi', 'Mi', 'Ki'] as const;

/** The largest binary suffix that loses nothing: 67108864 → `64Mi`; 1500 → `1500`. */
export function formatBytes(bytes: number): string {
  const whole = BigInt(Math.round(bytes));
  for (const suffix of binarySuffixes) {
    const unit = 1024n ** binaryPowers[suffix];
    if (whole !== 0n && whole % unit === 0n) return `${whole / unit}${suffix}`;
  }
  return String(whole);
}
