import { slotCount } from '../../shared/slots/crc16.ts';
import { countsOf, nobody, ownersOf, rangesOf, type ShardRange } from './owners.ts';
import { quotasOf, type Shares } from './quotas.ts';

/**
 * Which shard is to own each slot, from who owns it: no more slots move than shards lack (Σ max(0, quota − owned)), the same input
 * gives the same answer, and ranges stay whole where they can.
 *
 *   1. Who has too much gives: slots of shards that are to have none, small ranges whole, then the end of the smallest that is larger.
 *   2. What was given goes first to a neighbour that lacks slots (so that a scale-in undoes a scale-out), then in slot order to
 *      the shards that lack some, in order.
 */
export function assign(owned: readonly ShardRange[], shares: Shares): readonly ShardRange[] {
  const owners = ownersOf(owned);
  const counts = countsOf(owners, shares.shards);
  const quotas = quotasOf(shares, counts);
  for (const [shard, ranges] of byShard(rangesOf(owners))) release(owners, ranges, counts[shard] - (quotas[shard] ?? 0));
  const lacking = quotas.map((quota, shard) => Math.max(0, quota - counts[shard]));
  joinNeighbours(owners, lacking);
  handOut(owners, lacking);
  return rangesOf(owners);
}

function byShard(ranges: readonly ShardRange[]): ReadonlyMap<number, readonly ShardRange[]> {
  const found = new Map<number, ShardRange[]>();
  for (const range of ranges) {
    const others = found.get(range.shard);
    if (others) others.push(range);
    else found.set(range.shard, [range]);
  }
  return found;
}

const lengthOf = ({ from, to }: { readonly from: number; readonly to: number }): number => to - from + 1;

function release(owners: Int16Array, ranges: readonly ShardRange[], surplus: number): void {
  let left = surplus;
  if (left <= 0) return;
  for (const range of ranges.toSorted((a, b) => lengthOf(a) - lengthOf(b) || a.from - b.from)) {
    const given = Math.min(left, lengthOf(range));
    owners.fill(nobody, range.to + 1 - given, range.to + 1);
    left -= given;
    if (left === 0) return;
  }
}

/** Inclusive ranges of slots that nobody owns. */
function gapsOf(owners: Int16Array): { readonly from: number; readonly to: number }[] {
  const gaps: { from: number; to: number }[] = [];
  for (let slot = 0, from = 0; slot < slotCount; slot += 1) {
    if (slot + 1 < slotCount && (owners[slot + 1] === nobody) === (owners[slot] === nobody)) continue;
    if (owners[slot] === nobody) gaps.push({ from, to: slot });
    from = slot + 1;
  }
  return gaps;
}

function joinNeighbours(owners: Int16Array, lacking: number[]): void {
  for (const gap of gapsOf(owners)) {
    const left = gap.from > 0 ? owners[gap.from - 1] : nobody;
    const right = gap.to + 1 < slotCount ? owners[gap.to + 1] : nobody;
    const toLeft = Math.min(lengthOf(gap), lacking[left] ?? 0);
    if (toLeft > 0) owners.fill(left, gap.from, gap.from + toLeft);
    if (toLeft > 0) lacking[left] -= toLeft;
    const toRight = Math.min(lengthOf(gap) - toLeft, lacking[right] ?? 0);
    if (toRight > 0) owners.fill(right, gap.to + 1 - toRight, gap.to + 1);
    if (toRight > 0) lacking[right] -= toRight;
  }
}

function handOut(owners: Int16Array, lacking: number[]): void {
  let shard = 0;
  for (const gap of gapsOf(owners)) {
    for (let from = gap.from; from <= gap.to; ) {
      while (lacking[shard] === 0) shard += 1;
      const given = Math.min(lacking[shard], gap.to - from + 1);
      owners.fill(shard, from, from + given);
      lacking[shard] -= given;
      from += given;
    }
  }
}
