import type { ElementRows } from './element-rows.ts';

/** So many bytes fit a whole number that a double holds. */
const prefixBytes = 6;

/** The first bytes as a number that has their order; the rest decides between equal ones. */
export function prefixOf(bytes: Uint8Array, start: number, length: number): number {
  let value = 0;
  for (let i = 0; i < prefixBytes; i++) value = value * 256 + (i < length ? bytes[start + i] : 0);
  return value;
}

/** Gives the rows in `order` the weights of their bytes. Elements often begin alike: weights are taken behind what all have in common. */
export function weighByBytes(rows: ElementRows, order: Int32Array, weights: Float64Array, sign: 1 | -1): void {
  const common = commonPrefix(rows, order);
  for (let i = 0; i < order.length; i++) {
    rows.look(order[i]);
    weights[i] = sign * prefixOf(rows.bytes, rows.start + common, rows.length - common);
  }
}

function commonPrefix(rows: ElementRows, order: Int32Array): number {
  if (order.length === 0) return 0;
  rows.look(order[0]);
  const { bytes, start } = rows;
  let common = rows.length;
  for (let i = 1; i < order.length && common > 0; i++) {
    rows.look(order[i]);
    common = Math.min(common, rows.length);
    let same = 0;
    while (same < common && bytes[start + same] === rows.bytes[rows.start + same]) same++;
    common = same;
  }
  return common;
}
