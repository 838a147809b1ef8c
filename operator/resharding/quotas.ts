import { slotCount } from '../../shared/slots/crc16.ts';

/** What a spec asks of the slots: how many shards, and how much of them each is to have. */
export interface Shares {
  readonly shards: number;
  /** shard → weight, where it is not `usualWeight`. */
  readonly weights?: Readonly<Record<string, number>>;
}

const usualWeight = 100;

/**
 * How many slots each shard is to own: its part by weight, rounded so that they add up. Who owns more than its part rounded down
 * is rounded up first: rounding moves nothing that can stay.
 */
export function quotasOf({ shards, weights }: Shares, owned: readonly number[]): number[] {
  const parts = exactParts({ shards, weights });
  const quotas = parts.map(Math.floor);
  const left = slotCount - quotas.reduce((sum, quota) => sum + quota, 0);
  const stays = (shard: number): number => ((owned[shard] ?? 0) > quotas[shard] ? 1 : 0);
  const order = parts
    .flatMap((part, shard) => (part > quotas[shard] ? [{ shard, stays: stays(shard), rest: part - quotas[shard] }] : []))
    .toSorted((a, b) => b.stays - a.stays || b.rest - a.rest || a.shard - b.shard);
  for (const { shard } of order.slice(0, left)) quotas[shard] += 1;
  return quotas;
}

/** Whether so many slots a shard are what was asked for: each has its part, rounded up or down. */
export function fulfils(counts: readonly number[], shares: Shares): boolean {
  const parts = exactParts(shares);
  return counts.every((count, shard) => (shard < shares.shards ? count >= Math.floor(parts[shard]) && count <= Math.ceil(parts[shard]) : count === 0));
}

function exactParts({ shards, weights }: Shares): number[] {
  const each = Array.from({ length: shards }, (_, shard) => weights?.[shard] ?? usualWeight);
  const sum = each.reduce((total, weight) => total + weight, 0);
  // Whole numbers first: a part that is one must not be rounded twice.
  return each.map((weight) => (slotCount * weight) / sum);
}
