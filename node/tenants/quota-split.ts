/** Something of which a shard holds so much. */
export interface Amount {
  readonly held: number;
  /** What found no room in the shard's part since its last report, or only by evicting. */
  readonly wanted: number;
  /** The shard's part, with what is on its way to it. */
  readonly part: number;
}

/** Of a rate that is used up, the share that is dealt out evenly: a shard that was idle can begin with something. */
const evenShareOfRate = 0.005;

/** Of what nobody holds of an amount, the share that stays dealt out evenly while somebody wants more: who was idle can begin at once, and what wants more gets nearly all within a few reports. */
const keptEvenly = 0.5;

/** This shard's part of a rate: what it asks for and an even part of what is left; in proportion, where all together ask for more than there is. */
export function rateOf(quota: number, asked: readonly number[], self: number): number {
  const total = sumOf(asked);
  const left = Math.max(quota - total, quota * evenShareOfRate);
  return (total === 0 ? 0 : ((quota - left) * asked[self]) / total) + left / asked.length;
}

/** A shard's part of an amount before anything is known: even, and whole where that is asked for. */
export function evenPartOf(quota: number, shards: number, self: number, whole: boolean): number {
  if (!whole) return quota / shards;
  return Math.floor((quota * (self + 1)) / shards) - Math.floor((quota * self) / shards);
}

/** Of a shard's even part, what each of its copies has before its primary has said anything; that has so much less. */
const trustedShare = 0.05;

/** Where each can have one, a whole one. */
export function trustedPartOf(even: number, copies: number, whole: boolean): number {
  if (whole) return even > copies ? 1 : 0;
  return even * trustedShare;
}

/** What `self` leaves to each of the others of its part of an amount: nothing of what it holds, and of what nobody holds all but its fair share. `least`: what each is to have to begin with, though it holds less, but for those who hold all that they have and want more. */
export function giftsOf(quota: number, amounts: readonly Amount[], self: number, least = 0): readonly number[] {
  const isPressed = amounts.some(({ held, wanted, part }) => wanted > 0 && held >= part && held > 0);
  const isWanted = amounts.some(({ wanted }) => wanted > 0);
  const wants = amounts.map(({ held, wanted, part }) => wanted + Math.max(0, held - part) + (isWanted ? 0 : Math.max(0, least - part)));
  const own = amounts[self];
  const total = sumOf(wants);
  const elsewhere = total - wants[self];
  if (elsewhere <= 0) return wants.map(() => 0);
  const unheld = Math.max(0, quota - amounts.reduce((sum, { held }) => sum + held, 0));
  const share = keptEvenly / amounts.length + ((1 - keptEvenly) * wants[self]) / total;
  const kept = Math.max(own.held, isPressed ? 0 : least, Math.floor(own.held + unheld * share));
  return dealt(Math.floor(own.part - kept), wants.map((wanted, shard) => (shard === self ? 0 : wanted)));
}

/** What `self` leaves to each of the others of its part of a rate: what it does not ask for itself, to those who have less than they would have by what they ask for. */
export function rateGiftsOf(quota: number, asked: readonly number[], parts: readonly number[], self: number): readonly number[] {
  const missing = asked.map((_, shard) => (shard === self ? 0 : Math.max(0, rateOf(quota, asked, shard) - parts[shard])));
  const spare = Math.max(0, parts[self] - rateOf(quota, asked, self));
  const total = sumOf(missing);
  return total === 0 ? missing : missing.map((one) => (Math.min(spare, total) * one) / total);
}

/** So many whole ones by weight; what cannot be shared out goes to the first that has any. */
function dealt(count: number, weights: readonly number[]): readonly number[] {
  if (count <= 0) return weights.map(() => 0);
  const total = sumOf(weights);
  const shares = weights.map((weight) => Math.floor((count * weight) / total));
  const first = weights.findIndex((weight) => weight > 0);
  return shares.with(first, shares[first] + count - sumOf(shares));
}

const sumOf = (all: readonly number[]): number => all.reduce((sum, one) => sum + one, 0);
