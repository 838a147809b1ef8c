import type { CacheClusterStatus } from '../../shared/resources/cache-cluster/resource.ts';
import type { Resharding } from './decide.ts';
import { flowsOf, type Flow } from './flows.ts';
import type { ShardLoads } from './memory-refusal.ts';
import { countsOf, ownersOf } from './owners.ts';

export type PlanPreview = NonNullable<CacheClusterStatus['plan']>;
type PreviewStep = NonNullable<PlanPreview['steps']>[number];

/** The status shows no more; the totals cover all. */
const mostSteps = 32;
const shownRanges = 3;
/** What a pair of shards moves in a second when nothing bounds it, for the estimate alone. */
const assumedBytesPerSecond = 100 * 1024 * 1024;
/** B9: slots of a batch, and batches that the map takes a second. */
const slotsABatch = 64;
const batchesPerSecond = 2;

interface RegionFlow extends Flow {
  readonly region: string;
  readonly bytes: number;
}

/** The plan that waits or is carried out, for people: what is still to be done. Undefined when nothing is. */
export function previewOf(resharding: Resharding, loads: ShardLoads, round: (bytes: number) => number): PlanPreview | undefined {
  if (resharding.stage === 'settled') return undefined;
  const flows = resharding.regions.flatMap((region) => (region.map ? regionFlows(region.name, region.map.ranges, (region.next ?? region.now).ranges, loads) : []));
  const started = shardsStarted(resharding);
  const gone = shardsGone(resharding);
  const steps = [
    ...(started ? [{ kind: 'StartShards', description: `start ${started} in every region; they own no slots yet` }] : []),
    ...flows.map((flow): PreviewStep => ({ kind: 'MoveSlots', description: describe(flow), slots: flow.slots, bytes: round(flow.bytes) })),
    ...(gone ? [{ kind: 'RemoveShards', description: `remove ${gone} of every region once they own nothing` }] : []),
  ];
  const rate = resharding.regions[0]?.now.bytesPerSecond ?? assumedBytesPerSecond;
  return {
    ...(resharding.hash === undefined ? {} : { hash: resharding.hash }),
    steps: steps.length <= mostSteps ? steps : [...steps.slice(0, mostSteps - 1), rest(steps.slice(mostSteps - 1), round)],
    slots: flows.reduce((sum, { slots }) => sum + slots, 0),
    bytes: round(flows.reduce((sum, { bytes }) => sum + bytes, 0)),
    // Pairs of shards move side by side.
    seconds: round(Math.max(0, ...flows.map(({ slots, bytes }) => Math.ceil(bytes / rate + Math.ceil(slots / slotsABatch) / batchesPerSecond)))),
  };
}

function regionFlows(region: string, before: Parameters<typeof flowsOf>[0], after: Parameters<typeof flowsOf>[1], loads: ShardLoads): RegionFlow[] {
  const counts = countsOf(ownersOf(before), 0);
  return flowsOf(before, after).map((flow) => ({ ...flow, region, bytes: ((loads.bytesOf(region, flow.source) ?? 0) * flow.slots) / counts[flow.source] }));
}

function describe({ region, source, target, slots, ranges }: RegionFlow): string {
  const shown = ranges.slice(0, shownRanges).map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`));
  const more = ranges.length > shownRanges ? ` and ${ranges.length - shownRanges} more ranges` : '';
  return `region ${region}: ${slots} slots from shard ${source} to shard ${target} (${shown.join(', ')}${more})`;
}

function rest(steps: readonly PreviewStep[], round: (bytes: number) => number): PreviewStep {
  const sum = (of: (step: PreviewStep) => number): number => steps.reduce((total, step) => total + of(step), 0);
  return { kind: 'More', description: `${steps.length} more steps`, slots: sum(({ slots }) => slots ?? 0), bytes: round(sum(({ bytes }) => bytes ?? 0)) };
}

/** `shard 3` or `shards 3 to 7`: those that nobody has given slots to yet. */
function shardsStarted({ regions, wish }: Resharding): string | undefined {
  const owning = highest(regions.flatMap(({ map, now }) => [...(map?.ranges ?? []), ...now.ranges]));
  return regions.some(({ next }) => next !== undefined) ? named(owning + 1, wish.shards - 1) : undefined;
}

function shardsGone({ regions }: Resharding): string | undefined {
  const kept = highest(regions.flatMap(({ now, next }) => (next ?? now).ranges));
  return named(kept + 1, highest(regions.flatMap(({ map }) => map?.ranges ?? [])));
}

const highest = (ranges: readonly { readonly shard: number }[]): number => ranges.reduce((most, { shard }) => Math.max(most, shard), -1);

function named(from: number, to: number): string | undefined {
  if (from > to) return undefined;
  return from === to ? `shard ${from}` : `shards ${from} to ${to}`;
}
