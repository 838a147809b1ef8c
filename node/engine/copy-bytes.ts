/** Up to here a loop is faster than the call. */
const copyLoopBytes = 24;

/** Buffer's own copy makes no view (as `set(subarray())` does) and takes any Uint8Array. */
const copy = Buffer.prototype.copy as unknown as (this: Uint8Array, target: Uint8Array, targetStart: number, sourceStart: number, sourceEnd: number) => number;

/** Copies between buffers, or within one where the ranges do not overlap. */
export function copyBytes(from: Uint8Array, fromStart: number, to: Uint8Array, toStart: number, length: number): void {
  if (length <= copyLoopBytes) for (let i = 0; i < length; i++) to[toStart + i] = from[fromStart + i];
  else copy.call(from, to, toStart, fromStart, fromStart + length);
}
