const units = ['B', 'K', 'M', 'G', 'T', 'P'];

/** `1.50M`: as INFO writes sizes for people. */
export function humanBytes(bytes: number): string {
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? `${Math.round(value)}B` : `${value.toFixed(2)}${units[unit]}`;
}
