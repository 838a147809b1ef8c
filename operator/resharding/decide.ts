import type { OwnershipMap, Targets } from '../../shared/kube/documents.ts';
import type { OperatorBugs } from '../cluster/planted-bugs.ts';
import { hashOf } from '../resources/canonical.ts';
import { assign } from './assign.ts';
import { memoryRefusal, type ShardLoads } from './memory-refusal.ts';
import { ownersOf, rangesOf } from './owners.ts';
import { birthTargets, sameWish, shardsOfMap, wishOf, type Wish } from './wish.ts';

/** One region as it is: who owns its slots and what the nodes have been told. */
export interface RegionSlots {
  readonly name: string;
  /** Absent: still to be made. */
  readonly map?: OwnershipMap;
  /** Absent: still to be written, or written by somebody else. */
  readonly targets?: Targets;
  /** Highest generation of targets that a node has read. */
  readonly seenGeneration: number;
}

export interface ReshardingInput {
  readonly wish: Wish;
  readonly regions: readonly RegionSlots[];
  readonly approval: 'auto' | 'manual';
  /** Values of the annotations. */
  readonly approve?: string;
  readonly cancel?: string;
  readonly bytesPerSecond?: number;
  readonly loads: ShardLoads;
  readonly bugs?: OperatorBugs;
}

/** What one region's targets say, and are to say. */
export interface RegionTargets {
  readonly name: string;
  readonly map?: OwnershipMap;
  /** In force: what is there, or is written at once because nothing moves by it that was not to. */
  readonly now: Targets;
  /** Written once the shards that it gives slots to are there to take them. */
  readonly next?: Targets;
}

/** `settled`: nothing is asked for that is not so, or it was cancelled. The other stages are in the order of a plan's life. */
export type Stage = 'settled' | 'refused' | 'approval' | 'starting' | 'moving';

export interface Resharding {
  readonly stage: Stage;
  readonly wish: Wish;
  /** Shards that must be there: those that own slots, are to own some, or still give some away. */
  readonly shards: number;
  readonly regions: readonly RegionTargets[];
  /** Of the plan that waits or is carried out. */
  readonly hash?: string;
  /** Why it is refused. */
  readonly refusal?: string;
}

/**
 * What becomes of the slots, from what is (the ownership maps), what was told (targets) and what is asked for. Pure. Every region
 * remembers in its own targets which wish they were made for, so a crash between two writes changes nothing: the hash of a plan
 * is the same before, between and after them.
 */
export function decideResharding(input: ReshardingInput): Resharding {
  const told = input.regions.map((region) => toldOf(region, input));
  const open = told.filter(({ map, now }) => map !== undefined && !sameWish(wishOf(now), input.wish));
  const hash = open.length === 0 ? undefined : planHash(told, input);
  if (hash === undefined) return carriedOut(told, input);
  if (isCancelled(input, told, hash)) return carriedOut(told.map((region) => (open.includes(region) && !(input.bugs?.cancelForgetsRegion === true && region !== open[0]) ? stopped(region, input) : region)), input);
  const next = told.map((region) => (open.includes(region) ? { ...region, next: { ...nextOf(region, input), plan: hash } } : region));
  if (next.every((region) => region.next === undefined || movesOf(region, region.next) === 0)) return carriedOut(next.map(rewritten), input);
  const refusal = memoryRefusal(next.flatMap(({ name, map, next: wanted }) => (map && wanted ? [{ name, before: map.ranges, after: wanted.ranges }] : [])), input.loads);
  const base = { wish: input.wish, hash, shards: shardsOf(told) };
  if (refusal !== undefined) return { ...base, stage: 'refused', refusal, regions: next };
  if (input.approval === 'manual' && input.approve !== hash && !(input.bugs?.staleApprovalAccepted === true && input.approve !== undefined)) return { ...base, stage: 'approval', regions: next };
  return { ...base, stage: 'starting', shards: Math.max(base.shards, input.wish.shards), regions: next };
}

function toldOf({ name, map, targets, seenGeneration }: RegionSlots, input: ReshardingInput): RegionTargets {
  if (targets) return { name, map, now: withRate(targets, input) };
  const rate = rateOf(input);
  if (!map) return { name, now: { ...birthTargets(wishInForce(input)), ...rate } };
  // Lost, or not ours: what is owned stays where it is. Nodes must not take it for an older document than they have read.
  const generation = Math.max(seenGeneration + 1, map.version === 1 ? 1 : map.version * generationsAVersion);
  // What an uneven map was on its way to is not known any more: no wish is like this one, so that a new plan is made.
  const unknown = isEven(map) ? {} : { cancelled: 'lost', wish: { shards: shardsOfMap(map), rebalance: 'lost' } };
  return { name, map, now: { formatVersion: 1, generation, ranges: rangesOf(ownersOf(map.ranges)), ...rate, ...unknown } };
}

const rateOf = ({ bytesPerSecond }: ReshardingInput): Pick<Targets, 'bytesPerSecond'> => (bytesPerSecond === undefined ? {} : { bytesPerSecond });

/** More documents are not written between two changes of a map. */
const generationsAVersion = 1000;

const isEven = (map: OwnershipMap): boolean => sameRanges(rangesOf(ownersOf(map.ranges)), birthTargets({ shards: shardsOfMap(map) }).ranges);
const sameRanges = (a: Targets['ranges'], b: Targets['ranges']): boolean => a.length === b.length && a.every(({ from, to, shard }, index) => from === b[index].from && to === b[index].to && shard === b[index].shard);

/** The rate is no part of a plan: it changes under way. */
function withRate(targets: Targets, input: ReshardingInput): Targets {
  if (targets.bytesPerSecond === input.bytesPerSecond) return targets;
  const { bytesPerSecond: _, ...rest } = targets;
  return { ...rest, generation: targets.generation + 1, ...rateOf(input) };
}

/** A region that is added while others wait for approval begins as they are. */
function wishInForce({ regions, wish }: ReshardingInput): Wish {
  const told = regions.find(({ map, targets }) => map && targets)?.targets;
  return told ? wishOf(told) : wish;
}

function nextOf({ map, now }: RegionTargets, input: ReshardingInput): Targets {
  const ranges = [...assign(map?.ranges ?? [], input.wish)];
  const obeyed = now.cancelled ?? now.cancelledBefore;
  return { formatVersion: 1, generation: sameRanges(ranges, now.ranges) ? now.generation : now.generation + 1, ranges, ...rateOf(input), wish: input.wish, ...(obeyed !== undefined && obeyed === input.cancel ? { cancelledBefore: obeyed } : {}) };
}

/** Over targets, weights and generations only: not over bytes or times, which change while somebody reads. */
function planHash(told: readonly RegionTargets[], input: ReshardingInput): string {
  const documents = told.flatMap((region) => {
    if (region.map === undefined) return [];
    const { generation, ranges } = sameWish(wishOf(region.now), input.wish) ? region.now : nextOf(region, input);
    return [[region.name, generation, ranges.map(({ from, to, shard }) => `${from}-${to}:${shard}`).join()]];
  });
  return hashOf([input.wish.weights ?? {}, documents]);
}

function isCancelled({ cancel, wish }: ReshardingInput, told: readonly RegionTargets[], hash: string): boolean {
  // By its hash, or as another region, whose targets were written before a crash, has it.
  return cancel !== undefined && (cancel === hash || told.some(({ now }) => now.cancelled === cancel && sameWish(wishOf(now), wish)));
}

/** Targets that say what is: nothing moves any more but what the map has ordered. */
function stopped({ name, map, now }: RegionTargets, input: ReshardingInput): RegionTargets {
  const ranges = rangesOf(ownersOf(map?.ranges ?? now.ranges));
  return { name, map, now: { formatVersion: 1, generation: now.generation + 1, ranges, ...rateOf(input), wish: input.wish, cancelled: input.cancel } };
}

const rewritten = (region: RegionTargets): RegionTargets => (region.next ? { name: region.name, map: region.map, now: region.next } : region);

/** No wish is open: targets are followed to the end, unless their plan is cancelled. */
function carriedOut(told: readonly RegionTargets[], input: ReshardingInput): Resharding {
  const { cancel, wish } = input;
  const regions = told.map((region) => (cancel !== undefined && region.now.plan === cancel && isMoving(region) && !forgotten(region, told, input) ? stopped(region, input) : region));
  const moving = regions.filter(isMoving);
  const base = { wish, shards: input.bugs?.removedWithSlots === true ? wish.shards : shardsOf(regions), regions };
  return moving.length === 0 ? { ...base, stage: 'settled' } : { ...base, stage: 'moving', hash: moving[0].now.plan };
}

const forgotten = (region: RegionTargets, told: readonly RegionTargets[], { bugs }: ReshardingInput): boolean => bugs?.cancelOnlyBeforeStart === true || (bugs?.cancelForgetsRegion === true && region !== told[0]);

const isMoving = (region: RegionTargets): boolean => region.map !== undefined && (region.map.moves.length > 0 || movesOf(region, region.now) > 0);

function movesOf({ map }: RegionTargets, targets: Targets): number {
  if (!map) return 0;
  const [is, wanted] = [ownersOf(map.ranges), ownersOf(targets.ranges)];
  let moves = 0;
  for (let slot = 0; slot < is.length; slot += 1) if (is[slot] !== wanted[slot]) moves += 1;
  return moves;
}

function shardsOf(regions: readonly RegionTargets[]): number {
  return Math.max(...regions.map(({ map, now }) => Math.max(shardsOfMap({ ranges: now.ranges.map((range) => ({ ...range, generation: 1 })), moves: [] }), map ? shardsOfMap(map) : 1)));
}
