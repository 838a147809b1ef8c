import { slotCount } from '../../shared/slots/crc16.ts';
import type { SlotRange } from '../../shared/slots/ranges.ts';

/** Inclusive range of slots with the shard that owns it, or is to. */
export interface ShardRange extends SlotRange {
  readonly shard: number;
}

export const nobody = -1;

/** slot → shard, `nobody` where no range covers it. */
export function ownersOf(ranges: readonly ShardRange[]): Int16Array {
  const owners = new Int16Array(slotCount).fill(nobody);
  for (const { from, to, shard } of ranges) owners.fill(shard, from, to + 1);
  return owners;
}

/** The fewest ranges that say the same, ascending; slots of nobody are in none. */
export function rangesOf(owners: Int16Array): ShardRange[] {
  const ranges: ShardRange[] = [];
  for (let from = 0, slot = 0; slot < slotCount; slot += 1) {
    if (slot + 1 < slotCount && owners[slot + 1] === owners[slot]) continue;
    if (owners[slot] !== nobody) ranges.push({ from, to: slot, shard: owners[slot] });
    from = slot + 1;
  }
  return ranges;
}

/** Slots of each shard; at least `shards` entries, more where higher shards own slots. */
export function countsOf(owners: Int16Array, shards: number): number[] {
  const counts: number[] = Array.from({ length: shards }, () => 0);
  for (const owner of owners) if (owner !== nobody) counts[owner] = (counts[owner] ?? 0) + 1;
  return Array.from(counts, (count) => count ?? 0);
}
