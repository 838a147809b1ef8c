/** What is smaller waits for the garbage collector. */
const leastBytes = 64 * 1024;

/** Gives the memory of a large buffer back at once: the collector may let a container's worth of them pile up. Nobody may look at it any more, and no write of it may be under way. */
export function freeNow(buffer: ArrayBufferView): void {
  const memory = buffer.buffer as ArrayBuffer;
  if (memory.byteLength >= leastBytes && memory.byteLength === buffer.byteLength) memory.transfer(0);
}
