/** Below this many bytes a loop is faster than the view that `set` needs. */
const copyLoopBytes = 64;

/** Copies between buffers, or within one where the ranges do not overlap. */
export function copyBytes(from: Uint8Array, fromStart: number, to: Uint8Array, toStart: number, length: number): void {
  if (length <= copyLoopBytes) for (let i = 0; i < length; i++) to[toStart + i] = from[fromStart + i];
  else to.set(from.subarray(fromStart, fromStart + length), toStart);
}
