import { cellOf, scoreOf, type Point } from './coordinates.ts';

const alphabet = '0123456789bcdefghjkmnpqrstuvwxyz';
const characters = 11;
const bits = 26;
/** Standard geohashes count latitude from pole to pole. */
const latitudeRange = 90;

/** 11 characters; 52 bits are known, so the last character is always 0. */
export function geohashText(point: Point): string {
  let rest = scoreOf(cellOf(point, bits, latitudeRange)) % 4 ** bits;
  let text = '';
  for (let i = 0; i < characters - 1; i++) {
    const unit = 2 ** (2 * bits - 5 * (i + 1));
    const digit = Math.floor(rest / unit);
    rest -= digit * unit;
    text += alphabet[digit];
  }
  return `${text}0`;
}
