import { optionIs } from '../key-access.ts';
import type { Call } from '../spec.ts';
import type { Point } from './coordinates.ts';

/** Mean radius that Redis reckons with. */
export const earthRadiusMeters = 6372797.560856;
const unitMeters = { m: 1, km: 1000, ft: 0.3048, mi: 1609.34 } as const;

const radians = (degrees: number): number => degrees * (Math.PI / 180);
export const degrees = (angle: number): number => angle / (Math.PI / 180);

/** Along a meridian, in meters. */
export const latitudeDistance = (a: number, b: number): number => earthRadiusMeters * Math.abs(radians(b) - radians(a));

/** Great circle (haversine), in meters. */
export function distanceBetween(a: Point, b: Point): number {
  const v = Math.sin((radians(b.longitude) - radians(a.longitude)) / 2);
  if (v === 0) return latitudeDistance(a.latitude, b.latitude);
  const u = Math.sin((radians(b.latitude) - radians(a.latitude)) / 2);
  return 2 * earthRadiusMeters * Math.asin(Math.sqrt(u * u + Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * v * v));
}

export const cosineOf = (latitude: number): number => Math.cos(radians(latitude));

/** Meters of the unit at argument `i`; -1 after answering that it is none. */
export function unitAt(call: Call, i: number): number {
  for (const [name, meters] of Object.entries(unitMeters)) if (optionIs(call, i, name)) return meters;
  call.reply.error('ERR unsupported unit provided. please use M, KM, FT, MI');
  return -1;
}

/** Four decimals. */
export const distanceText = (distance: number): string => (Math.round(distance * 10_000) / 10_000).toFixed(4);
