import type { CacheClusterSpec, CacheClusterStatus } from '../../shared/resources/cache-cluster/resource.ts';

type Bounds = NonNullable<CacheClusterSpec['autoscaling']>;
/** What is remembered between decisions, in the status: an operator that starts anew goes on where the last one was. */
export type AutoscalingState = NonNullable<CacheClusterStatus['autoscaling']>;

/** Sums over the primaries of one region. */
export interface RegionLoad {
  readonly name: string;
  readonly memoryBytes: number;
  readonly opsPerSecond: number;
}

export interface AutoscalingInput {
  readonly bounds: Bounds;
  /** Shards in force. */
  readonly shards: number;
  /** Undefined while not every primary has said what it does, or slots are on their way: nothing is decided then. */
  readonly loads: readonly RegionLoad[] | undefined;
  /** Data limit of a shard. */
  readonly memoryBytes: number;
  readonly state: AutoscalingState;
  readonly nowMs: number;
}

export interface AutoscalingDecision {
  readonly shards: number;
  readonly state: AutoscalingState;
}

/** More shards when the load is above the target by so much; fewer when they would be that far below it. */
const above = 1.05;
const below = 0.8;
/** What fewer shards are to be loaded at the most, in parts of the target. */
const filled = 0.9;
const growAgainMs = 60_000;
/** Fewer shards only after the load was low for so long, and nothing was changed. */
const shrinkAfterMs = 600_000;

/**
 * How many shards are enough for the busiest region. Never more than twice, never fewer than half of what there is at once, never
 * outside the bounds; between the two thresholds nothing changes, so that a load at the target does not swing the number.
 */
export function decideShards(input: AutoscalingInput): AutoscalingDecision {
  const { bounds, shards, loads, state, nowMs } = input;
  const within = (count: number): number => Math.min(bounds.maxShards, Math.max(bounds.minShards, count));
  if (within(shards) !== shards) return changed(input, within(shards), `${shards} is outside of minShards ${bounds.minShards} and maxShards ${bounds.maxShards}`);
  const need = loads && needOf(input, loads);
  if (!need) return { shards, state };
  const quietMs = nowMs - (state.lastChange === undefined ? -Infinity : Date.parse(state.lastChange));
  if (need.shards > shards * above) {
    const more = within(Math.min(Math.ceil(need.shards), 2 * shards));
    const { lowSince: _, ...rest } = state;
    return more > shards && quietMs >= growAgainMs ? changed(input, more, need.why) : { shards, state: rest };
  }
  if (shards === bounds.minShards || need.shards > (shards - 1) * below) {
    const { lowSince: _, ...rest } = state;
    return { shards, state: rest };
  }
  const lowSince = state.lowSince ?? new Date(nowMs).toISOString();
  const fewer = within(Math.max(Math.ceil(need.shards / filled), Math.ceil(shards / 2)));
  const waited = nowMs - Date.parse(lowSince) >= shrinkAfterMs && quietMs >= shrinkAfterMs;
  return waited && fewer < shards ? changed(input, fewer, need.why) : { shards, state: { ...state, lowSince } };
}

function changed({ shards, nowMs }: AutoscalingInput, to: number, why: string): AutoscalingDecision {
  return { shards: to, state: { lastChange: new Date(nowMs).toISOString(), message: `${to} shards instead of ${shards}: ${why}` } };
}

interface Need {
  /** Shards at exactly the target, not rounded. */
  readonly shards: number;
  readonly why: string;
}

function needOf({ bounds, memoryBytes }: AutoscalingInput, loads: readonly RegionLoad[]): Need | undefined {
  const needs = loads.flatMap(({ name, memoryBytes: used, opsPerSecond }): Need[] => [
    ...(bounds.targetMemoryPercent === undefined ? [] : [{ shards: used / ((memoryBytes * bounds.targetMemoryPercent) / 100), why: `region ${name} holds ${Math.round(used / 2 ** 20)} MiB, ${bounds.targetMemoryPercent}% of ${Math.round(memoryBytes / 2 ** 20)} MiB a shard are aimed at` }]),
    ...(bounds.targetOpsPerShard === undefined ? [] : [{ shards: opsPerSecond / bounds.targetOpsPerShard, why: `region ${name} has ${Math.round(opsPerSecond)} operations a second, ${bounds.targetOpsPerShard} a shard are aimed at` }]),
  ]);
  return needs.toSorted((a, b) => b.shards - a.shards)[0];
}
