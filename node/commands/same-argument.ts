import type { Call } from './spec.ts';

/** True when two arguments have the same bytes. */
export function sameArgument(call: Call, i: number, j: number): boolean {
  const { bytes, start, length } = call;
  if (length[i] !== length[j]) return false;
  for (let k = 0; k < length[i]; k++) if (bytes[start[i] + k] !== bytes[start[j] + k]) return false;
  return true;
}
