/** MADV_HUGEPAGE. */
const adviseHuge = 14;
const pageBytes = 4096n;

type Advise = (start: bigint, length: bigint, advice: number) => number;

let ready = false;
let advise: Advise | undefined;
let pointerOf: ((memory: ArrayBufferLike) => bigint) | undefined;

/**
 * Asks the system to back memory[from, end) with pages of 2 MiB as it is touched: looking something up among millions of entries otherwise misses the processor's table of
 * pages, which costs as much again as the entries. Advice only: without Linux, node:ffi or the kernel's `madvise` mode nothing changes.
 */
export function adviseHugePages(memory: ArrayBufferLike, from: number): void {
  if (!ready) bind();
  if (advise === undefined || pointerOf === undefined || from >= memory.byteLength) return;
  const begin = pointerOf(memory);
  const start = ((begin + BigInt(from) + pageBytes - 1n) / pageBytes) * pageBytes;
  const end = ((begin + BigInt(memory.byteLength)) / pageBytes) * pageBytes;
  if (end > start) advise(start, end - start, adviseHuge);
}

/** Not before it is needed: it takes a megabyte. */
function bind(): void {
  ready = true;
  if (process.platform !== 'linux') return;
  const ffi = process.getBuiltinModule('node:ffi') as typeof import('node:ffi') | undefined;
  if (ffi === undefined) return;
  const { functions } = ffi.dlopen(null, { madvise: { arguments: ['pointer', 'uint64', 'int32'], return: 'int32' } });
  advise = functions.madvise;
  pointerOf = (memory) => ffi.getRawPointer(memory as ArrayBuffer);
}
