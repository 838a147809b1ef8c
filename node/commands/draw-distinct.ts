import type { Random } from '../../shared/ports/ports.ts';

/** `count` different numbers below `size`, ascending, every choice equally likely (Floyd's sampling). */
export function drawDistinct(size: number, count: number, random: Random): readonly number[] {
  if (count >= size) return Array.from({ length: size }, (_, i) => i);
  const chosen = new Set<number>();
  for (let limit = size - count; limit < size; limit++) {
    const drawn = Math.floor(random.unit() * (limit + 1));
    chosen.add(chosen.has(drawn) ? limit : drawn);
  }
  return [...chosen].toSorted((a, b) => a - b);
}

/** Visits `count` different ones of the `size` that `next` walks through, every choice equally likely; takes no memory, however many they are. */
export function visitDrawn(size: number, count: number, random: Random, next: () => boolean, visit: () => void): void {
  let wanted = count;
  for (let left = size; wanted > 0 && next(); left--) {
    if (random.unit() * left >= wanted) continue;
    visit();
    wanted -= 1;
  }
}

/** Draws with repetition in one reply: nobody can take more, and a reply without end would be the end of the node. */
export const maxRepeatedDraws: number = 2 ** 32;
