import type { OwnershipMap, Targets } from '../../../shared/kube/documents.ts';
import { slotCount } from '../../../shared/slots/crc16.ts';
import type { SlotRange } from '../../../shared/slots/ranges.ts';
import { overlaps } from './ledger.ts';

type MapRange = OwnershipMap['ranges'][number];
export type MapMove = OwnershipMap['moves'][number];

/** The map with these moves ordered and those closed, as far as it permits: an order needs every slot to be the source's and in no other move. Undefined: nothing changes. */
export function changeMap(map: OwnershipMap, orders: readonly MapMove[], closes: readonly string[]): OwnershipMap | undefined {
  const left = map.moves.filter((move) => !closes.includes(move.id));
  const fresh: MapMove[] = [];
  let ranges: readonly MapRange[] = map.ranges;
  for (const order of orders) {
    if ([...map.moves, ...fresh].some((other) => other.id === order.id || overlaps(other, order)) || !ownsAll(ranges, order.source, order)) continue;
    fresh.push(order);
    ranges = give(ranges, order, order.target);
  }
  if (fresh.length === 0 && left.length === map.moves.length) return undefined;
  return { formatVersion: 1, version: map.version + 1, ranges: [...ranges], moves: [...left, ...fresh] };
}

export function ownsAll(ranges: readonly MapRange[], shard: number, span: SlotRange): boolean {
  let slots = 0;
  for (const range of ranges) if (range.shard === shard && overlaps(range, span)) slots += Math.min(range.to, span.to) - Math.max(range.from, span.from) + 1;
  return slots === span.to - span.from + 1;
}

/** Every ownership change raises the generation (V1); a neighbour's is taken where it is higher, so that ranges grow together again. */
function give(ranges: readonly MapRange[], span: SlotRange, shard: number): readonly MapRange[] {
  const neighbours = ranges.filter((range) => range.shard === shard && (range.to + 1 === span.from || range.from === span.to + 1));
  const generation = Math.max(...ranges.filter((range) => overlaps(range, span)).map((range) => range.generation + 1), ...neighbours.map((range) => range.generation));
  const others = ranges.flatMap((range) => (overlaps(range, span) ? [{ ...range, to: span.from - 1 }, { ...range, from: span.to + 1 }].filter(({ from, to }) => from <= to) : [range]));
  const sorted = [...others, { from: span.from, to: span.to, shard, generation }].toSorted((a, b) => a.from - b.from);
  return sorted.reduce<MapRange[]>((merged, range) => {
    const last = merged.at(-1);
    if (last?.shard === range.shard && last.generation === range.generation && last.to + 1 === range.from) merged[merged.length - 1] = { ...last, to: range.to };
    else merged.push(range);
    return merged;
  }, []);
}

export interface BatchLimits {
  /** Slots of one batch: at least, where there are so many; at most. */
  readonly leastSlots: number;
  readonly mostSlots: number;
  /** Above the least number, a batch ends here. */
  readonly batchBytes: number;
}

/** The next slots that are `shard`'s, not busy, and given to another by the targets: one batch within one range of each. */
export function nextBatch(map: OwnershipMap, targets: Targets, shard: number, busy: Uint8Array, bytesOfSlot: (slot: number) => number, limits: BatchLimits): (SlotRange & { readonly target: number }) | undefined {
  for (const owned of map.ranges) {
    if (owned.shard !== shard) continue;
    for (const wanted of targets.ranges) {
      if (wanted.shard === shard || !overlaps(owned, wanted)) continue;
      const end = Math.min(owned.to, wanted.to);
      for (let from = Math.max(owned.from, wanted.from); from <= end; from++) {
        if (busy[from] === 1) continue;
        let bytes = 0;
        let to = from - 1;
        while (to < end && to - from + 1 < limits.mostSlots && busy[to + 1] === 0 && (to - from + 1 < limits.leastSlots || bytes < limits.batchBytes)) bytes += bytesOfSlot(++to);
        return { from, to, target: wanted.shard };
      }
    }
  }
  return undefined;
}

/** The targets give all of these slots to that shard. */
export function isWanted(targets: Targets | undefined, span: SlotRange, shard: number): boolean {
  let slots = 0;
  for (const range of targets?.ranges ?? []) if (range.shard === shard && overlaps(range, span)) slots += Math.min(range.to, span.to) - Math.max(range.from, span.from) + 1;
  return slots === span.to - span.from + 1;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** Targets that make sense, or why these do not. The shape is the schema in shared/kube/documents.ts. */
export function parseTargets(value: unknown): Targets | string {
  if (typeof value !== 'object' || value === null) return 'is not an object';
  const { formatVersion, generation, ranges, bytesPerSecond } = value as Partial<Record<keyof Targets, unknown>>;
  if (formatVersion !== 1) return `has format ${String(formatVersion)}`;
  if (!isCount(generation)) return 'has no generation';
  if (!Array.isArray(ranges)) return 'has no ranges';
  const owned = new Uint8Array(slotCount);
  for (const range of ranges as readonly Targets['ranges'][number][]) {
    if (!isCount(range?.from) || !isCount(range.to) || range.to >= slotCount || range.from > range.to || !isCount(range.shard)) return 'has a range that is none';
    for (let slot = range.from; slot <= range.to; slot++) if (owned[slot]++ > 0) return `gives slot ${slot} to two shards`;
  }
  const rate = typeof bytesPerSecond === 'number' && bytesPerSecond > 0 ? bytesPerSecond : undefined;
  return { formatVersion: 1, generation, ranges: ranges as Targets['ranges'], ...(rate === undefined ? {} : { bytesPerSecond: rate }) };
}
