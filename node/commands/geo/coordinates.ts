/** A point as sorted sets hold it: 26 bits of longitude and latitude each, interleaved into a score of 52 bits. */
export interface Point {
  readonly longitude: number;
  readonly latitude: number;
}

const longitudeLimit = 180;
/** What a Mercator map shows: the poles have no place on it. */
const latitudeLimit = 85.05112878;
const maxStep = 26;
const half = 2 ** 26;
const wordValues = 2 ** 32;
const topBit = 1n << 63n;

/** A rectangle of the map, which is cut into 2^step × 2^step of them. */
export interface Cell {
  readonly x: number;
  readonly y: number;
  readonly step: number;
}

export const isOnMap = ({ longitude, latitude }: Point): boolean => Math.abs(longitude) <= longitudeLimit && Math.abs(latitude) <= latitudeLimit;

export function cellOf({ longitude, latitude }: Point, step: number, latitudeRange = latitudeLimit): Cell {
  const cells = 2 ** step;
  return {
    x: Math.floor(((longitude + longitudeLimit) / (2 * longitudeLimit)) * cells),
    y: Math.floor(((latitude + latitudeRange) / (2 * latitudeRange)) * cells),
    step,
  };
}

/** The lowest score of the cell; that of the next cell is `cellScores(step)` higher. */
export function scoreOf({ x, y, step }: Cell): number {
  return interleaved(x, y) * cellScores(step);
}

export const cellScores = (step: number): number => 4 ** (maxStep - step);

export const scoreOfPoint = (point: Point): number => scoreOf(cellOf(point, maxStep));

/** Corners of a cell in degrees. */
export function boundsOf({ x, y, step }: Cell): { readonly west: number; readonly east: number; readonly south: number; readonly north: number } {
  const cells = 2 ** step;
  const longitude = (i: number): number => -longitudeLimit + (i / cells) * (2 * longitudeLimit);
  const latitude = (i: number): number => -latitudeLimit + (i / cells) * (2 * latitudeLimit);
  return { west: longitude(x), east: longitude(x + 1), south: latitude(y), north: latitude(y + 1) };
}

/** The middle of the smallest cell that a score names. Any sorted set can be asked for places: what no place has leads to the edge of the map. */
export function pointOf(score: number): Point {
  const isPlace = score >= 0 && score < 2 ** 52;
  const high = isPlace ? Math.floor(score / wordValues) : Number(as64Bits(score) >> 32n);
  const low = isPlace ? score % wordValues : Number(as64Bits(score) & 0xffff_ffffn);
  const { west, east, south, north } = boundsOf({ x: evenBits(high >>> 1) * 65_536 + evenBits(low >>> 1), y: evenBits(high) * 65_536 + evenBits(low), step: maxStep });
  return { longitude: within((west + east) / 2, longitudeLimit), latitude: within((south + north) / 2, latitudeLimit) };
}

/** As the processors that Redis runs on turn a double into an unsigned number of 64 bits, whatever it is. */
function as64Bits(score: number): bigint {
  const upper = score >= 2 ** 63;
  const signed = upper ? score - 2 ** 63 : score;
  const bits = Math.abs(signed) < 2 ** 63 ? BigInt.asUintN(64, BigInt(Math.trunc(signed))) : topBit;
  return upper ? bits ^ topBit : bits;
}

const within = (value: number, limit: number): number => Math.min(limit, Math.max(-limit, value));

/** Longitude in the odd bits, latitude in the even ones. */
function interleaved(x: number, y: number): number {
  const high = (spread(x >>> 13) << 1) | spread(y >>> 13);
  const low = (spread(x & 0x1fff) << 1) | spread(y & 0x1fff);
  return (high >>> 0) * half + (low >>> 0);
}

/** Bit i goes to bit 2i; up to 15 bits. */
function spread(value: number): number {
  let bits = value;
  bits = (bits | (bits << 8)) & 0x00ff00ff;
  bits = (bits | (bits << 4)) & 0x0f0f0f0f;
  bits = (bits | (bits << 2)) & 0x33333333;
  return (bits | (bits << 1)) & 0x55555555;
}

/** Bit 2i goes to bit i. */
function evenBits(value: number): number {
  let bits = value & 0x55555555;
  bits = (bits | (bits >>> 1)) & 0x33333333;
  bits = (bits | (bits >>> 2)) & 0x0f0f0f0f;
  bits = (bits | (bits >>> 4)) & 0x00ff00ff;
  return (bits | (bits >>> 8)) & 0x0000ffff;
}
