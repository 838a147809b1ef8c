import { noBugs, type PlantedBugs } from '../../../node/replication/planted-bugs.ts';
import { createHistory, type Operation } from '../check/history.ts';
import { startClients, type Observations } from './clients.ts';
import { createCluster, type Cluster } from './cluster.ts';
import { generalKinds, profileOfSeed, type FaultKind, type Profile } from './faults.ts';
import { createInjector } from './inject.ts';
import { judge } from './judge.ts';

export interface RunOptions {
  readonly seed: number;
  readonly bugs?: PlantedBugs;
  /** Undefined: by the seed. */
  readonly profile?: Profile;
  /** Virtual time with faults, milliseconds. */
  readonly durationMs?: number;
  readonly trace?: boolean;
  /** Instead of random faults. */
  readonly script?: (cluster: Cluster) => void;
}

export interface RunResult {
  readonly seed: number;
  readonly profile: string;
  readonly hash: string;
  readonly violations: readonly string[];
  readonly operations: readonly Operation[];
  readonly acknowledged: number;
  readonly promotions: Cluster['promotions'];
  readonly emptied: number;
  readonly faults: readonly FaultKind[];
  readonly trace: readonly string[];
  readonly seen: Observations;
}

const startMs = 1_000;
const firstFaultMs = 2_500;
const healMs = 9_000;

/** One seed: the copies of a shard, its witnesses, clients, and the faults that the seed draws; then everything heals and must converge. */
export function runShard(options: RunOptions): RunResult {
  const profile = options.profile ?? profileOfSeed(options.seed);
  const faultEndMs = startMs + (options.durationMs ?? 10_000);
  const cluster = createCluster(options.seed, profile, options.bugs ?? noBugs, faultEndMs, options.trace === true);
  const { world, network, lease, nodes } = cluster;
  const history = createHistory(world.nowMs);
  const faultRng = world.rng.fork('faults');
  const endMs = faultEndMs + healMs;
  for (const name of cluster.members) cluster.start(name, `uid-${name}`);
  const seen = startClients(cluster, profile, history, world.rng.fork('clients'), faultEndMs, endMs - 500);

  const drawn = generalKinds.filter(() => faultRng.chance(0.35));
  const kinds: readonly FaultKind[] = options.script !== undefined ? [] : (profile.kinds ?? (drawn.length > 0 ? drawn : ['kill']));
  const everyMs = profile.everyMs ?? faultRng.pick([300, 700, 1_500, 3_000]);
  const inject = createInjector(cluster, faultRng, faultEndMs);
  const faultLoop = (): void => {
    if (world.nowMs() >= faultEndMs) return;
    inject(faultRng.pick(kinds));
    world.at(world.nowMs() + faultRng.unit() * 2 * everyMs, faultLoop);
  };
  if (options.script !== undefined) options.script(cluster);
  else world.at(firstFaultMs, faultLoop);

  world.runUntil(faultEndMs);
  network.healAll();
  cluster.setTamper(() => undefined);
  Object.assign(lease.faults, { away: false, lostAnswerChance: 0, lostRequestChance: 0, extraDelayMs: 0, hold: undefined });
  lease.faults.cutOff.clear();
  for (const node of nodes.values()) node.resume();
  cluster.note('healed');
  world.runUntil(endMs);
  judge(cluster, profile, history, seen, faultEndMs);
  return { seed: options.seed, profile: profile.name, hash: world.traceHash(), violations: cluster.violations, operations: history.operations, acknowledged: seen.acknowledged, promotions: cluster.promotions, emptied: cluster.emptied.length, faults: kinds, trace: cluster.trace, seen };
}
