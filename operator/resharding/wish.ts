import { targetsSchema, type OwnershipMap, type Targets } from '../../shared/kube/documents.ts';
import { slotCount } from '../../shared/slots/crc16.ts';
import { countSlots, evenSplit } from '../../shared/slots/ranges.ts';
import { canonicalJson } from '../resources/canonical.ts';
import { assign } from './assign.ts';
import { countsOf, ownersOf, type ShardRange } from './owners.ts';
import { fulfils, type Shares } from './quotas.ts';

/** What is asked of the slots; another wish is another plan. */
export interface Wish extends Shares {
  /** Value of the rebalance annotation. */
  readonly rebalance?: string;
}

export const sameWish = (a: Wish, b: Wish): boolean => canonicalJson(a) === canonicalJson(b);

/** Documents of the first version do not say it: as many shards as they name. */
export const wishOf = ({ wish, ranges }: Pick<Targets, 'wish' | 'ranges'>): Wish => wish ?? { shards: 1 + Math.max(...ranges.map(({ shard }) => shard)) };

/** Undefined for a text that is no targets, or not what its own wish asks for: somebody else wrote it. */
export function parseTargets(text: string): Targets | undefined {
  const { success, data } = targetsSchema.safeParse(jsonOf(text));
  if (!success || data.ranges.length === 0 || countSlots(data.ranges) !== slotCount) return undefined;
  const counts = countsOf(ownersOf(data.ranges), wishOf(data).shards);
  if (counts.reduce((sum, count) => sum + count, 0) !== slotCount) return undefined;
  return data.cancelled !== undefined || fulfils(counts, wishOf(data)) ? data : undefined;
}

export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The ranges that a region is born with. */
const birthRanges = (wish: Wish): readonly ShardRange[] => (wish.weights ? assign([], wish) : evenSplit(wish.shards).map((range, shard) => ({ ...range, shard })));

/** The targets of a region whose ownership map is still to be made. */
export function birthTargets(wish: Wish): Targets {
  const plain = wish.weights === undefined && wish.rebalance === undefined;
  return { formatVersion: 1, generation: 1, ranges: [...birthRanges(wish)], ...(plain ? {} : { wish }) };
}

/** One above the highest shard that owns slots, is to own some that are on their way, or still gives some away. */
export function shardsOfMap({ ranges, moves }: Pick<OwnershipMap, 'ranges' | 'moves'>): number {
  return 1 + Math.max(0, ...ranges.map(({ shard }) => shard), ...moves.flatMap(({ source, target }) => [source, target]));
}
