import type { SortOptions } from './sort-options.ts';

const decimalNumber = /^[\t\n\v\f\r ]*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const hexadecimalNumber = /^[\t\n\v\f\r ]*([+-]?)0[xX]([0-9a-fA-F]+)$/;
const infinite = /^[\t\n\v\f\r ]*([+-]?)inf(?:inity)?$/i;

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

/** The number as C reads it, which takes nothing for 0; NaN for anything else and for what is too large. */
function scoreOf(element: Buffer): number {
  const text = element.toString('latin1');
  if (text === '') return 0;
  if (decimalNumber.test(text)) {
    const score = Number(text);
    return Number.isFinite(score) ? score : Number.NaN;
  }
  const hexadecimal = hexadecimalNumber.exec(text);
  if (hexadecimal !== null) return Number(`0x${hexadecimal[2]}`) * (hexadecimal[1] === '-' ? -1 : 1);
  const infinity = infinite.exec(text);
  return infinity === null ? Number.NaN : infinity[1] === '-' ? -Infinity : Infinity;
}
