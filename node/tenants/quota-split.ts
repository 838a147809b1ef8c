/** What one shard of a region did with a namespace since the last split, and holds now. */
export interface Usage {
  /** Operations and reply bytes a second that were asked for, refused ones included. */
  readonly operations: number;
  readonly egressBytes: number;
  /** Held now. */
  readonly memoryBytes: number;
  readonly keys: number;
  readonly connections: number;
  /** Bytes, keys and connections that found no room in the shard's part, or only by evicting. */
  readonly wantedBytes: number;
  readonly wantedKeys: number;
  readonly wantedConnections: number;
}

/** Of a rate that is used up, the share that is dealt out evenly: a shard that was idle can begin with something. */
const evenShareOfRate = 0.005;

/** This shard's part of a rate: what it asks for and an even part of what is left; in proportion, where all together ask for more than there is. */
export function rateOf(quota: number, asked: readonly number[], self: number): number {
  const total = asked.reduce((sum, one) => sum + one, 0);
  const left = Math.max(quota - total, quota * evenShareOfRate);
  return (total === 0 ? 0 : ((quota - left) * asked[self]) / total) + left / asked.length;
}

/**
 * This shard's part of an amount: what it holds, and of what is left a part by where more is wanted (evenly where nobody wants any). Where all together hold more than there is,
 * in proportion to what they hold.
 */
export function amountOf(quota: number, held: readonly number[], wanted: readonly number[], self: number): number {
  const total = held.reduce((sum, one) => sum + one, 0);
  if (total >= quota) return (quota * held[self]) / total;
  const left = quota - total;
  const wantedTotal = wanted.reduce((sum, one) => sum + one, 0);
  return held[self] + (wantedTotal === 0 ? left / held.length : (left * wanted[self]) / wantedTotal);
}

/** As `amountOf` for things that are whole: the parts of all shards add up to the quota. */
export function countOf(quota: number, held: readonly number[], wanted: readonly number[], self: number): number {
  let before = 0;
  for (let shard = 0; shard < self; shard++) before += amountOf(quota, held, wanted, shard);
  return Math.floor(before + amountOf(quota, held, wanted, self) + 1e-6) - Math.floor(before + 1e-6);
}
