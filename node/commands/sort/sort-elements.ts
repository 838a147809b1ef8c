import { doubleWithin } from '../double-argument.ts';
import type { SortOptions } from './sort-options.ts';

const spaces: ReadonlySet<number> = new Set(Buffer.from('\t\n\v\f\r '));
const smallestNormal = 2 ** -1022;

/** The part of the elements that LIMIT asks for. */
export function limited(elements: readonly Buffer[], { offset, count }: SortOptions): readonly Buffer[] {
  const first = Math.max(0, offset);
  return elements.slice(first, count < 0 ? elements.length : first + count);
}

/** In order of their bytes; undefined when a number was to be sorted and something is none. */
export function sorted(elements: readonly Buffer[], alphabetic: boolean, descending: boolean): readonly Buffer[] | undefined {
  const sign = descending ? -1 : 1;
  if (alphabetic) return elements.toSorted((a, b) => sign * a.compare(b));
  const scored = elements.map((element) => ({ element, score: scoreOf(element) }));
  if (scored.some(({ score }) => Number.isNaN(score))) return undefined;
  // Equal numbers stand in the order of their bytes, so that the result does not depend on where they came from.
  return scored.toSorted((a, b) => sign * (a.score === b.score ? a.element.compare(b.element) : a.score < b.score ? -1 : 1)).map(({ element }) => element);
}

/** The number as C reads it: up to a zero byte, nothing is 0, spaces may stand in front; NaN for anything else and for what is too large or too small. */
function scoreOf(element: Buffer): number {
  const zeroByte = element.indexOf(0);
  const end = zeroByte < 0 ? element.length : zeroByte;
  if (end === 0) return 0;
  let start = 0;
  while (start < end && spaces.has(element[start])) start++;
  const score = doubleWithin(element, start, end - start);
  return score !== 0 && Math.abs(score) < smallestNormal ? Number.NaN : score;
}
