import type { WorkingMemory } from '../working-memory/working-memory.ts';

/** Bytes that both strings have in a row, from these places on. */
export interface CommonRun {
  readonly left: number;
  readonly right: number;
  readonly length: number;
}

/**
 * The longest common subsequence: its length and its runs from the last to the first. Two rows of lengths are kept; the way back needs only to know, for every
 * pair of places, whether going up was better than going left: one bit each.
 */
export function longestCommon(memory: WorkingMemory, left: Uint8Array, right: Uint8Array, lengthOnly: boolean): { readonly length: number; readonly runs: readonly CommonRun[] } {
  const width = right.length + 1;
  const wentUp = memory.bytes(lengthOnly ? 0 : Math.ceil(((left.length + 1) * width) / 8));
  wentUp.fill(0);
  let above = memory.words(width);
  let row = memory.words(width);
  for (let i = 1; i <= left.length; i++) {
    const byte = left[i - 1];
    for (let j = 1; j < width; j++) {
      if (byte === right[j - 1]) row[j] = above[j - 1] + 1;
      else if (above[j] > row[j - 1]) {
        row[j] = above[j];
        if (!lengthOnly) wentUp[(i * width + j) >>> 3] |= 1 << ((i * width + j) & 7);
      } else row[j] = row[j - 1];
    }
    [above, row] = [row, above];
  }
  return { length: above[right.length], runs: lengthOnly ? [] : runsOf(left, right, wentUp) };
}

function runsOf(left: Uint8Array, right: Uint8Array, wentUp: Uint8Array): readonly CommonRun[] {
  const width = right.length + 1;
  const runs: CommonRun[] = [];
  let i = left.length;
  let j = right.length;
  let length = 0;
  const close = (): void => {
    if (length > 0) runs.push({ left: i, right: j, length });
    length = 0;
  };
  while (i > 0 && j > 0) {
    if (left[i - 1] === right[j - 1]) {
      i -= 1;
      j -= 1;
      length += 1;
      continue;
    }
    close();
    const cell = i * width + j;
    if ((wentUp[cell >>> 3] & (1 << (cell & 7))) !== 0) i -= 1;
    else j -= 1;
  }
  close();
  return runs;
}
