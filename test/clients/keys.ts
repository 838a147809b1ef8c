import { slotCount, slotOfKey } from '../../shared/slots/crc16.ts';

const encoder = new TextEncoder();

/** One key for each of `ranges` equal ranges of slots, so that together they touch every part of the slot space. */
export function keyPerSlotRange(ranges: number, prefix: string): readonly string[] {
  const keys: string[] = Array.from({ length: ranges });
  let missing = ranges;
  for (let i = 0; missing > 0; i++) {
    const key = `${prefix}:${i}`;
    const range = Math.floor((slotOfKey(encoder.encode(key)) * ranges) / slotCount);
    if (keys[range] !== undefined) continue;
    keys[range] = key;
    missing -= 1;
  }
  return keys;
}
