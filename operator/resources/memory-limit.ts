/**
 * The container's memory limit from the data limit (spec.memory), and back.
 *
 *     limit = 160 MiB + 1.25 × data, rounded up to a MiB
 *
 * 160 MiB: the node process at rest takes 60 to 100 MB (program, JIT, garbage collector), the rest is room for the buffers of
 * clients and peers, which are bounded. 1.25: allocator slack and the index while it grows; entries themselves are counted by the
 * store to the byte. Raising either constant changes no template hash (resources are outside it) but resizes every pod.
 */
const baselineMib = 160;
const growthPercent = 125;
const mib = 1024 * 1024;

/** Bytes of `resources.limits.memory` for a data limit in bytes. */
export function containerMemoryBytes(dataBytes: number): number {
  return (baselineMib + Math.ceil((dataBytes * growthPercent) / 100 / mib)) * mib;
}

/** The largest data limit that a container limit has room for: at least what containerMemoryBytes made it from. */
export function dataBytesWithin(containerBytes: number): number {
  return Math.max(0, Math.floor(((containerBytes - baselineMib * mib) * 100) / growthPercent));
}
