import type { OperatorBugs } from '../../../operator/cluster/planted-bugs.ts';
import type { SnapshotBugs } from '../../../node/snapshot/planted-bugs.ts';
import { createHistory, type Operation } from '../check/history.ts';
import { startClients } from '../moves/clients.ts';
import type { ShardNode } from '../moves/shard-node.ts';
import { noDiskFaults } from '../world/disk.ts';
import { createClusterWorld, type ClusterWorld } from './cluster-world.ts';
import { allFaults, createClusterInjector, type ClusterFault } from './faults.ts';
import { judgeRegion } from './judge.ts';
import { keysOf } from './keys.ts';
import { images } from './names.ts';
import { allDeeds, createPeople, lastWord, type Deed } from './people.ts';
import { unrest } from './rest.ts';

export interface ClusterProfile {
  readonly name: string;
  /** Undefined: a random part of them, and always deaths of the operator. */
  readonly faults?: readonly ClusterFault[];
  readonly deeds?: readonly Deed[];
  readonly faultEveryMs?: number;
  readonly deedEveryMs?: number;
  readonly regions?: number;
  /** In the beginning. */
  readonly shards?: number;
  /** Pods have volumes; undefined: unless deeds are named. */
  readonly storage?: boolean;
  /** How fast slots move. */
  readonly bytesPerSecond?: string;
}

export interface ClusterRunOptions {
  readonly seed: number;
  readonly profile?: ClusterProfile;
  /** Virtual time with faults and changes, milliseconds. */
  readonly durationMs?: number;
  readonly trace?: boolean;
  /** Nothing more is to be learnt after the first violation. */
  readonly stopWhenBroken?: boolean;
  readonly bugs?: OperatorBugs & SnapshotBugs;
  /** Instead of changes and faults by chance. */
  readonly script?: (cluster: ClusterWorld) => void;
}

export interface ClusterRunResult {
  readonly seed: number;
  readonly profile: string;
  readonly faults: readonly string[];
  readonly hash: string;
  readonly violations: readonly string[];
  readonly operations: readonly Operation[];
  readonly acknowledged: number;
  readonly promotions: number;
  readonly trace: readonly string[];
  readonly virtualMs: number;
}

const bornWithinMs = 30_000;
const restWithinMs = 180_000;
/** Looked at again so often whether all is at rest, and it must stay so. */
const restLookMs = 1_000;
const clientsARegion = 3;

/** One seed: a cluster is made, changed and struck; then everything heals, a last change is asked for, and all must come to rest as it says. */
export async function runCluster(options: ClusterRunOptions): Promise<ClusterRunResult> {
  const profile = options.profile ?? { name: 'mixed' };
  const cluster = createClusterWorld(options.seed, options.trace === true, options.bugs);
  const { world, broken } = cluster;
  const rng = world.rng.fork('chance');
  const regions = Array.from({ length: profile.regions ?? (rng.chance(0.25) ? 2 : 1) }, (_, index) => ({ name: ['east', 'west'][index] }));
  cluster.create({ memory: '128Mi', shards: profile.shards ?? rng.between(1, 3), replicas: 1, image: images[0], regions, ...((profile.storage ?? profile.deeds === undefined) ? { storage: { size: '1Gi' } } : {}), ...(profile.bytesPerSecond === undefined ? {} : { resharding: { bytesPerSecond: profile.bytesPerSecond } }) });
  cluster.startOperator();
  if (!(await cluster.run(bornWithinMs, () => cluster.status().phase === 'Ready'))) broken(`not Ready after ${bornWithinMs} ms: ${unrest(cluster).slice(0, 3).join('; ')}`);

  const quietMs = world.nowMs() + (options.durationMs ?? 25_000);
  const bornMs = world.nowMs();
  let endMs = Infinity;
  const histories = regions.map(({ name }) => {
    const history = createHistory(world.nowMs);
    const { wires, access } = cluster.regionOf(name);
    const anyOf = (shard: number): ShardNode | undefined => rng.pick([wires.primaryOf(shard), ...wires.living().filter((node) => node.shard === shard)]);
    const served = { world, primaryOf: wires.primaryOf, anyOf, shards: () => 1 + Math.max(0, ...(access.map()?.ranges ?? []).map(({ shard }) => shard)), keys: keysOf(name) };
    return { name, history, seen: startClients(served, history, rng.fork(`clients ${name}`), clientsARegion, bornMs, quietMs + 5_000, () => endMs) };
  });

  const faults: readonly ClusterFault[] = options.script !== undefined ? [] : (profile.faults ?? ['operatorDies', ...allFaults.filter(() => rng.chance(0.3))]);
  const deeds = profile.deeds ?? allDeeds;
  const inject = createClusterInjector(cluster, rng, quietMs);
  const people = createPeople(cluster, rng);
  const repeat = (gapMs: number, act: () => void): void => {
    if (world.nowMs() >= quietMs) return;
    act();
    world.at(world.nowMs() + rng.unit() * 2 * gapMs, () => repeat(gapMs, act));
  };
  // Somebody starts it again, later than anything of the dead one can still arrive.
  const revive = (): void => {
    const life = cluster.operator();
    if (life?.alive === false) world.at(world.nowMs() + 1_500 + rng.unit() * 2_000, () => {
      if (cluster.operator()?.alive === false) cluster.startOperator();
    });
    world.at(world.nowMs() + 2_000, revive);
  };
  revive();
  if (options.script !== undefined) options.script(cluster);
  else {
    if (deeds.includes('shards')) world.at(world.nowMs() + 1_000, () => cluster.edit({ spec: { shards: 1 + (cluster.spec().shards % 3) } }));
    if (deeds.includes('image')) world.at(world.nowMs() + rng.between(3_000, 8_000), () => cluster.edit({ spec: { image: images[1] } }));
    if (deeds.length > 0) repeat(profile.deedEveryMs ?? rng.pick([1_200, 3_000]), () => people(rng.pick(deeds)));
    if (faults.length > 0) repeat(profile.faultEveryMs ?? rng.pick([500, 1_500, 4_000]), () => inject(rng.pick(faults)));
  }
  const isOver = (): boolean => options.stopWhenBroken === true && cluster.violations.length > 0;
  await cluster.run(quietMs, isOver);
  heal(cluster);
  lastWord(cluster, rng);
  const healedMs = world.nowMs();
  let restful = 0;
  while (restful < 3 && !isOver() && world.nowMs() < healedMs + restWithinMs) {
    await cluster.run(world.nowMs() + restLookMs, isOver);
    restful = unrest(cluster).length === 0 ? restful + 1 : 0;
  }
  endMs = world.nowMs();
  if (!isOver()) {
    await cluster.run(endMs + 3_000);
    for (const what of unrest(cluster)) broken(`does not come to rest: ${what}`);
    for (const { name, history, seen } of histories) judgeRegion(cluster, name, history, seen, healedMs);
  }
  cluster.killOperator();
  return {
    seed: options.seed, profile: profile.name, faults, hash: world.traceHash(), violations: cluster.violations, operations: histories.flatMap(({ history }) => history.operations), trace: cluster.trace, virtualMs: world.nowMs(),
    acknowledged: histories.reduce((sum, { seen }) => sum + seen.acknowledged, 0),
    promotions: regions.reduce((sum, { name }) => sum + [...cluster.regionOf(name).wires.primaries.values()].reduce((all, { epoch }) => all + epoch, 0), 0),
  };
}

function heal(cluster: ClusterWorld): void {
  cluster.network.healAll();
  Object.assign(cluster.faults, { away: false, lostRequestChance: 0, lostAnswerChance: 0, errorChance: 0, conflictChance: 0, extraDelayMs: 0, watchLagMs: 0 });
  for (const { access } of cluster.regions.values()) {
    Object.assign(access.faults, { away: false, lostAnswerChance: 0, lostRequestChance: 0, extraDelayMs: 0 });
    access.faults.cutOff.clear();
  }
  for (const { faults } of cluster.volumes.values()) Object.assign(faults, noDiskFaults);
  for (const { node } of cluster.pods.processes.values()) node?.resume();
  cluster.note('healed');
}
