import type { OwnershipMap } from '../../shared/kube/documents.ts';
import { slotCount } from '../../shared/slots/crc16.ts';

/** A map that this program may serve from, or why not. The shape is `ownershipMapSchema`; checked by hand, since zod would cost each node 10 MB. */
export function parseOwnershipMap(value: unknown): OwnershipMap | string {
  if (typeof value !== 'object' || value === null) return 'is not an object';
  const { formatVersion, version, ranges, moves } = value as Partial<Record<keyof OwnershipMap, unknown>>;
  if (formatVersion !== 1) return `has format ${String(formatVersion)}`;
  if (!isCount(version) || version < 1) return 'has no version';
  if (!Array.isArray(ranges) || (moves !== undefined && !Array.isArray(moves))) return 'has no ranges';
  const owned = new Uint8Array(slotCount);
  for (const range of ranges as readonly OwnershipMap['ranges'][number][]) {
    if (!isCount(range?.from) || !isCount(range.to) || range.to >= slotCount || range.from > range.to || !isCount(range.shard) || !isCount(range.generation)) return 'has a range that is none';
    for (let slot = range.from; slot <= range.to; slot++) if (owned[slot]++ > 0) return `gives slot ${slot} to two shards`;
  }
  return { formatVersion: 1, version, ranges: ranges as OwnershipMap['ranges'], moves: (moves ?? []) as OwnershipMap['moves'] };
}

export const parseOwnershipText = (text: string): OwnershipMap | string => {
  try {
    return parseOwnershipMap(JSON.parse(text));
  } catch {
    return 'is not JSON';
  }
};

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
