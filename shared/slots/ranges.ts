import { slotCount } from './crc16.ts';

/** Inclusive range of slots. */
export interface SlotRange {
  readonly from: number;
  readonly to: number;
}

/** The slots of each of `shards` shards when they are shared out evenly, in order; sizes differ by one at most. */
export function evenSplit(shards: number): readonly SlotRange[] {
  return Array.from({ length: shards }, (_, shard) => ({
    from: Math.floor((shard * slotCount) / shards),
    to: Math.floor(((shard + 1) * slotCount) / shards) - 1,
  }));
}

export function countSlots(ranges: readonly SlotRange[]): number {
  return ranges.reduce((sum, range) => sum + range.to - range.from + 1, 0);
}
