import { doubleWithin } from '../double-argument.ts';
import type { ElementRows } from '../working-memory/element-rows.ts';
import type { FirstRows } from '../working-memory/first-rows.ts';

const spaces: ReadonlySet<number> = new Set(Buffer.from('\t\n\v\f\r '));
const smallestNormal = 2 ** -1022;
/** So many bytes fit a whole number that a double holds. */
const prefixBytes = 6;

/** The number as C reads it: up to a zero byte, nothing is 0, spaces may stand in front; NaN for anything else and for what is too large or too small. */
export function numberOf(bytes: Uint8Array, start: number, length: number): number {
  let end = start;
  while (end < start + length && bytes[end] !== 0) end++;
  let from = start;
  if (from === end) return 0;
  while (from < end && spaces.has(bytes[from])) from++;
  const value = doubleWithin(bytes, from, end - from);
  return value !== 0 && Math.abs(value) < smallestNormal ? Number.NaN : value;
}

/** The first bytes as a number that has their order; the rest decides between equal ones. */
export function prefixOf(bytes: Uint8Array, start: number, length: number): number {
  let value = 0;
  for (let i = 0; i < prefixBytes; i++) value = value * 256 + (i < length ? bytes[start + i] : 0);
  return value;
}

/** Elements often begin alike: their weights are taken behind what all have in common. */
export function weighBehindCommon(rows: ElementRows, first: FirstRows, sign: 1 | -1): void {
  if (first.count === 0) return;
  rows.look(first.order[0]);
  const { bytes, start } = rows;
  let common = rows.length;
  for (let i = 1; i < first.count && common > 0; i++) {
    rows.look(first.order[i]);
    common = Math.min(common, rows.length);
    let same = 0;
    while (same < common && bytes[start + same] === rows.bytes[rows.start + same]) same++;
    common = same;
  }
  if (common === 0) return;
  for (let i = 0; i < first.count; i++) {
    rows.look(first.order[i]);
    first.weights[i] = sign * prefixOf(rows.bytes, rows.start + common, rows.length - common);
  }
}
