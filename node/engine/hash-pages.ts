import { blockBytes } from './slab.ts';

const hashBitsMask = 0x7fffffff;
/** Blocks up to so many units grow by two pairs, larger ones by cache lines. */
const smallUnits = 4;

/** Page of a hash among `pages` (linear hashing). */
export function pageOf(pages: number, hash: number): number {
  const depth = 31 - Math.clz32(pages);
  const page = hash & ((2 << depth) - 1);
  return page < pages ? page : page & ((1 << depth) - 1);
}

/** How many low bits all hashes of the page share. */
export function depthOf(pages: number, page: number): number {
  if (pages <= 1) return 0;
  const depth = 31 - Math.clz32(pages);
  return page >= 1 << depth || page < pages - (1 << depth) ? depth + 1 : depth;
}

/** Reverses the 31 bits of a hash. */
export function reverseBits(hash: number): number {
  let v = hash << 1;
  v = ((v >>> 1) & 0x55555555) | ((v & 0x55555555) << 1);
  v = ((v >>> 2) & 0x33333333) | ((v & 0x33333333) << 2);
  v = ((v >>> 4) & 0x0f0f0f0f) | ((v & 0x0f0f0f0f) << 4);
  v = ((v >>> 8) & 0x00ff00ff) | ((v & 0x00ff00ff) << 8);
  return ((v >>> 16) | (v << 16)) & hashBitsMask;
}

/** 16-byte units of the block for `pairs`: even pairs up to eight, then whole cache lines. */
export function unitsFor(pairs: number): number {
  const units = (pairs + 1) >> 1;
  return units <= smallUnits ? units : blockBytes(((units + 3) & ~3) << 4) >> 4;
}
