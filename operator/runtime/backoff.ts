import type { Random } from '../../shared/ports/ports.ts';

export interface Backoff {
  readonly firstMs: number;
  readonly mostMs: number;
}

/** Delay before try number `failures` + 1 (failures ≥ 1): doubling up to the most, the upper half of it by chance. */
export function backoffMs(backoff: Backoff, failures: number, random: Random): number {
  const full = Math.min(backoff.mostMs, backoff.firstMs * 2 ** Math.min(failures - 1, 30));
  return full * (0.5 + random.unit() / 2);
}
