import { mix } from '../engine/hash.ts';

/** How long the keys of a namespace live; milliseconds, 0: for ever. */
export interface Lifetimes {
  readonly defaultMs: number;
  readonly maxMs: number;
  /** 0 … 50. */
  readonly jitterPercent: number;
}

const two31 = 2 ** 31;

/** The default, spread by the jitter: the same for the same key and moment, so that a test and a replay can foretell it. */
export function defaultLifeMs({ defaultMs, maxMs, jitterPercent }: Lifetimes, nowMs: number, hash: number): number {
  if (defaultMs === 0) return maxMs;
  const unit = jitterPercent === 0 ? 0 : mix(hash ^ (nowMs | 0)) / two31;
  const life = Math.max(1, Math.round(defaultMs * (1 + (unit * jitterPercent) / 100)));
  return maxMs === 0 ? life : Math.min(life, maxMs);
}

/** When a written key dies: `expireAtMs` is what the writer asked for, 0: nothing. A writer's own time is not jittered. */
export function expiryOfWrite(lifetimes: Lifetimes, expireAtMs: number, nowMs: number, hash: number): number {
  if (expireAtMs > 0) return cappedExpiry(lifetimes, expireAtMs, nowMs);
  const life = defaultLifeMs(lifetimes, nowMs, hash);
  return life === 0 ? 0 : nowMs + life;
}

/** A time that was asked for, or 0 for none, as far as the longest life lets it be. */
export function cappedExpiry({ maxMs }: Lifetimes, expireAtMs: number, nowMs: number): number {
  if (maxMs === 0) return expireAtMs;
  return expireAtMs > 0 ? Math.min(expireAtMs, nowMs + maxMs) : nowMs + maxMs;
}
