import { boundsOf, cellOf, type Cell, type Point } from './coordinates.ts';
import { cosineOf, degrees, distanceBetween, earthRadiusMeters, latitudeDistance } from './distance.ts';

/** Where to search; lengths in meters. */
export type Shape =
  | { readonly kind: 'circle'; readonly center: Point; readonly radius: number }
  | { readonly kind: 'box'; readonly center: Point; readonly width: number; readonly height: number };

/** Half the length of the equator on a Mercator map. */
const mercatorMeters = 20037726.37;
const finestStep = 26;

/** Distance from the centre, or -1 when the point is outside. */
export function distanceWithin(shape: Shape, point: Point): number {
  const { center } = shape;
  if (shape.kind === 'circle') {
    const distance = distanceBetween(center, point);
    return distance > shape.radius ? -1 : distance;
  }
  if (latitudeDistance(point.latitude, center.latitude) > shape.height / 2) return -1;
  const along = distanceBetween(point, { longitude: center.longitude, latitude: point.latitude });
  return along > shape.width / 2 ? -1 : distanceBetween(center, point);
}

/** Cells that cover the shape: the one of its centre first, then those of its eight neighbours that it may reach. */
export function cellsOf(shape: Shape): readonly Cell[] {
  const box = boundingBox(shape);
  let step = stepFor(shape);
  let center = cellOf(shape.center, step);
  if (step > 1 && !neighboursCover(center, box)) {
    step -= 1;
    center = cellOf(shape.center, step);
  }
  const { west, east, south, north } = boundsOf(center);
  const useless = { north: step >= 2 && north > box.north, south: step >= 2 && south < box.south, east: step >= 2 && east > box.east, west: step >= 2 && west < box.west };
  const cells: Cell[] = [center];
  for (const [dx, dy] of neighbours) {
    if ((dy > 0 && useless.north) || (dy < 0 && useless.south) || (dx > 0 && useless.east) || (dx < 0 && useless.west)) continue;
    const cell = moved(center, dx, dy);
    // On a coarse map neighbours on both sides are one and the same cell.
    if (!cells.some(({ x, y }) => x === cell.x && y === cell.y)) cells.push(cell);
  }
  return cells;
}

/** North, south, east, west, then the corners: results that nobody sorts come in this order. */
const neighbours: readonly (readonly [number, number])[] = [[0, 1], [0, -1], [1, 0], [-1, 0], [1, 1], [-1, 1], [1, -1], [-1, -1]];

/** The map is round: what leaves it on one side comes in on the other. A centre on the eastern or northern edge itself lies in a cell behind the last one, which is empty; it stays there. */
function moved({ x, y, step }: Cell, dx: number, dy: number): Cell {
  const cells = 2 ** step;
  return { x: dx === 0 ? x : (x + dx + cells) % cells, y: dy === 0 ? y : (y + dy + cells) % cells, step };
}

interface Box {
  readonly west: number;
  readonly east: number;
  readonly south: number;
  readonly north: number;
}

/** In degrees; a degree of longitude is shorter the nearer it is to a pole, so the far side decides. */
function boundingBox(shape: Shape): Box {
  const { longitude, latitude } = shape.center;
  const height = shape.kind === 'circle' ? shape.radius : shape.height / 2;
  const width = shape.kind === 'circle' ? shape.radius : shape.width / 2;
  const up = degrees(height / earthRadiusMeters);
  const aside = degrees(width / earthRadiusMeters / cosineOf(latitude < 0 ? latitude - up : latitude + up));
  return { west: longitude - aside, east: longitude + aside, south: latitude - up, north: latitude + up };
}

function neighboursCover(center: Cell, box: Box): boolean {
  const tooNear =
    boundsOf(moved(center, 0, 1)).north < box.north || boundsOf(moved(center, 0, -1)).south > box.south || boundsOf(moved(center, 1, 0)).east < box.east || boundsOf(moved(center, -1, 0)).west > box.west;
  return !tooNear;
}

/** Fine enough that cells are about as large as the shape. */
function stepFor(shape: Shape): number {
  const reach = shape.kind === 'circle' ? shape.radius : Math.hypot(shape.width / 2, shape.height / 2);
  if (reach === 0) return finestStep;
  let step = -1;
  for (let meters = reach; meters < mercatorMeters; meters *= 2) step += 1;
  const latitude = Math.abs(shape.center.latitude);
  if (latitude > 66) step -= 1;
  if (latitude > 80) step -= 1;
  return Math.min(finestStep, Math.max(1, step));
}
