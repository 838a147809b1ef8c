/** Something of which a shard holds so much. */
export interface Amount {
  readonly held: number;
  /** What found no room in the shard's part since its last report, or only by evicting. */
  readonly wanted: number;
  /** The shard's part: it holds no more than this before its next report. */
  readonly part: number;
}

/** Of a rate that is used up, the share that is dealt out evenly: a shard that was idle can begin with something. */
const evenShareOfRate = 0.005;

/** Of what nobody holds of an amount, the share that stays dealt out evenly while somebody wants more: who was idle can begin at once, and what wants more gets nearly all within a few reports. */
const keptEvenly = 0.5;

/** This shard's part of a rate: what it asks for and an even part of what is left; in proportion, where all together ask for more than there is. */
export function rateOf(quota: number, asked: readonly number[], self: number): number {
  const total = asked.reduce((sum, one) => sum + one, 0);
  const left = Math.max(quota - total, quota * evenShareOfRate);
  return (total === 0 ? 0 : ((quota - left) * asked[self]) / total) + left / asked.length;
}

/** A shard's part of an amount before anything is known: even, and whole where that is asked for. */
export function evenPartOf(quota: number, shards: number, self: number, whole: boolean): number {
  if (!whole) return quota / shards;
  return Math.floor((quota * (self + 1)) / shards) - Math.floor((quota * self) / shards);
}

/**
 * This shard's next part of an amount. A part grows only by what no shard has: the parts that all have reported add up to less than the quota. So where another wants more, those who
 * hold less than their part give first, and who wants takes after their next report; never do all together hold more than the quota. Of `self`, what it holds and its part are
 * of now, what it wanted is what the others know.
 */
export function nextPartOf(quota: number, amounts: readonly Amount[], self: number, whole: boolean): number {
  const own = amounts[self];
  const free = quota - amounts.reduce((sum, { part }) => sum + part, 0);
  const wanted = amounts.reduce((sum, one) => sum + one.wanted, 0);
  if (free < 0 || wanted > own.wanted) {
    const others = quota - amounts.reduce((sum, { held }) => sum + held, 0);
    const share = keptEvenly / amounts.length + ((1 - keptEvenly) * own.wanted) / Math.max(wanted, 1e-9);
    const fair = own.held + Math.max(0, others * share);
    const least = whole ? Math.floor(fair) : fair;
    if (least < own.part) return Math.max(own.held, least);
  }
  if (free <= 0 || own.wanted === 0) return own.part;
  const share = (free * own.wanted) / wanted;
  if (!whole) return own.part + share;
  // What cannot be shared out is taken by the first who wants it.
  const isFirst = amounts.findIndex((one) => one.wanted > 0) === self;
  return own.part + (isFirst && share < 1 ? 1 : Math.floor(share));
}
