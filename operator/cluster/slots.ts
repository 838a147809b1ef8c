import type { NodeStatus } from '../../shared/admin/contract.ts';
import { ownershipMapSchema, type OwnershipMap } from '../../shared/kube/documents.ts';
import { annotations, ownershipKey, slotsConfigMap, targetsConfigMap, targetsKey } from '../../shared/kube/names.ts';
import type { CacheClusterSpec } from '../../shared/resources/cache-cluster/resource.ts';
import { quantityToNumber } from '../../shared/resources/quantity.ts';
import { decideShards, type AutoscalingState, type RegionLoad } from '../autoscaling/decide.ts';
import { decideResharding, type RegionSlots, type Resharding } from '../resharding/decide.ts';
import type { ShardLoads } from '../resharding/memory-refusal.ts';
import { jsonOf, parseTargets, type Wish } from '../resharding/wish.ts';
import { statusOf } from './intent.ts';
import { classify, objectId, type Identity, type Observed } from './observed.ts';

/** How many shards each region is to have, and by which decision. With autoscaling, spec.shards is the start only. */
export function desiredShards(observed: Observed, spec: CacheClusterSpec, identity: Identity): { readonly shards: number; readonly state?: AutoscalingState } {
  if (!spec.autoscaling) return { shards: spec.shards };
  const { desiredShards: shards = spec.shards, autoscaling } = statusOf(observed.cluster);
  // Never empty: an applied object that loses all its fields becomes null, which the schema refuses.
  const state: AutoscalingState = { message: '', ...autoscaling };
  const still = reshardingOf(observed, spec, identity, shards);
  const loads = still.stage === 'settled' && still.regions.every(({ map }) => map !== undefined) ? regionLoads(observed, spec, still.shards) : undefined;
  return decideShards({ bounds: spec.autoscaling, shards, loads, memoryBytes: quantityToNumber(spec.memory), state, nowMs: observed.nowMs });
}

/** Undefined while a primary has not said what it does. */
function regionLoads({ reports }: Observed, { regions }: CacheClusterSpec, shards: number): readonly RegionLoad[] | undefined {
  const primaries = [...reports.values()].filter(({ role }) => role === 'primary');
  const loads = regions.map(({ name }) => {
    const own = primaries.filter(({ region }) => region === name);
    const sum = (of: (report: NodeStatus) => number): number => own.reduce((total, report) => total + of(report), 0);
    return { name, heard: new Set(own.map(({ shard }) => shard)).size, memoryBytes: sum(({ memoryUsedBytes }) => memoryUsedBytes), opsPerSecond: sum(({ opsPerSecond }) => opsPerSecond) };
  });
  return loads.every(({ heard }) => heard >= shards) ? loads : undefined;
}

/** What becomes of the slots of every region of the spec. */
export function reshardingOf(observed: Observed, spec: CacheClusterSpec, identity: Identity, shards: number): Resharding {
  const own = observed.cluster.metadata.annotations ?? {};
  const { approval, bytesPerSecond } = spec.resharding;
  return decideResharding({
    wish: wishIn(spec, shards, own[annotations.rebalance]),
    regions: spec.regions.map(({ name }) => slotsOf(observed, identity, name)),
    approval,
    approve: own[annotations.approve],
    cancel: own[annotations.cancel],
    ...(bytesPerSecond === undefined ? {} : { bytesPerSecond: Math.ceil(quantityToNumber(bytesPerSecond)) }),
    loads: loadsOf(observed, quantityToNumber(spec.memory)),
    ...(observed.settings.bugs === undefined ? {} : { bugs: observed.settings.bugs }),
  });
}

function wishIn({ weight = [] }: CacheClusterSpec, shards: number, rebalance: string | undefined): Wish {
  const weights = Object.fromEntries(weight.filter((one) => one.shard < shards).map((one) => [String(one.shard), one.weight]));
  return { shards, ...(Object.keys(weights).length > 0 ? { weights } : {}), ...(rebalance === undefined ? {} : { rebalance }) };
}

function slotsOf(observed: Observed, identity: Identity, region: string): RegionSlots {
  const textOf = (name: string, key: string): string | undefined => {
    const found = classify(observed.objects.get(objectId('ConfigMap', name)), identity);
    return found.kind === 'ours' || found.kind === 'adoptable' ? found.object.data?.[key] : undefined;
  };
  const map = parseMap(textOf(slotsConfigMap(identity.name, region), ownershipKey));
  const targets = parseTargets(textOf(targetsConfigMap(identity.name, region), targetsKey) ?? '');
  const seen = [...observed.reports.values()].filter((report) => report.region === region).map(({ targetsGeneration = 0 }) => targetsGeneration);
  return { name: region, ...(map ? { map } : {}), ...(targets ? { targets } : {}), seenGeneration: Math.max(0, ...seen) };
}

/** The ownership map of a region; undefined while there is none that can be read. */
export const ownershipOf = (observed: Observed, identity: Identity, region: string): OwnershipMap | undefined => slotsOf(observed, identity, region).map;

function parseMap(text: string | undefined): OwnershipMap | undefined {
  const { success, data } = ownershipMapSchema.safeParse(jsonOf(text ?? ''));
  return success && data.ranges.length > 0 ? data : undefined;
}

/** What each shard holds, as its primary says. */
export function loadsOf({ reports }: Observed, memoryBytes: number): ShardLoads {
  const bytes = new Map([...reports.values()].filter(({ role }) => role === 'primary').map(({ region, shard, memoryUsedBytes }) => [`${region} ${shard}`, memoryUsedBytes]));
  return { memoryBytes, bytesOf: (region, shard) => bytes.get(`${region} ${shard}`) };
}
