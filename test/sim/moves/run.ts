import { noMoveBugs, type MoveBugs } from '../../../node/replication/moves/planted-bugs.ts';
import { createHistory, type Operation } from '../check/history.ts';
import type { Rng } from '../world/rng.ts';
import { startClients } from './clients.ts';
import { judge } from './judge.ts';
import { allKeys, slots } from './keys.ts';
import { createRegion, type SimRegion } from './region.ts';

/** Fault kinds as data. */
const moveFaults = ['kill', 'killPrimary', 'killShard', 'pausePrimary', 'cutShards', 'cutCopies', 'breakLinks', 'slowLinks', 'slowCopies', 'apiAway', 'apiLostAnswers'] as const;
export type MoveFault = (typeof moveFaults)[number];

export interface MoveProfile {
  readonly name: string;
  /** Undefined: a random half of them, without the loss of whole shards. */
  readonly kinds?: readonly MoveFault[];
  readonly everyMs?: number;
  /** Between two changes of the targets. */
  readonly retargetMs?: number;
  readonly clients?: number;
  readonly replicas?: number;
}

export interface MoveRunOptions {
  readonly seed: number;
  readonly profile?: MoveProfile;
  readonly bugs?: MoveBugs;
  readonly durationMs?: number;
  readonly trace?: boolean;
  /** Instead of faults and targets by chance. */
  readonly script?: (region: SimRegion) => void;
}

export interface MoveRunResult {
  readonly seed: number;
  readonly profile: string;
  readonly faults: readonly MoveFault[];
  readonly hash: string;
  readonly violations: readonly string[];
  readonly operations: readonly Operation[];
  readonly acknowledged: number;
  /** Times that some node took a shard over. */
  readonly promotions: number;
  /** Versions of the map. */
  readonly mapVersion: number;
  readonly trace: readonly string[];
}

const shards = 3;
const firstFaultMs = 2_500;
const healMs = 9_000;

/** Ranges that give each slot to a random shard, in few pieces. */
function randomTargets(rng: Rng): { readonly from: number; readonly to: number; readonly shard: number }[] {
  const ranges: { from: number; to: number; shard: number }[] = [];
  for (let from = 0; from < slots; ) {
    const to = Math.min(slots - 1, from + rng.between(1, 6));
    ranges.push({ from, to, shard: rng.below(shards) });
    from = to + 1;
  }
  return ranges;
}

/** One seed: three shards with clients, targets that change at any time, and the faults that the seed draws; then everything heals and must converge. */
export function runMoves(options: MoveRunOptions): MoveRunResult {
  const profile = options.profile ?? { name: 'mixed' };
  const region = createRegion(options.seed, { shards, replicas: profile.replicas ?? 1, owners: 2 }, options.bugs ?? noMoveBugs, options.trace === true);
  const { world, network, maps, leases } = region;
  const rng = world.rng.fork('faults');
  const history = createHistory(world.nowMs);
  const faultEndMs = 1_000 + (options.durationMs ?? 9_000);
  const endMs = faultEndMs + healMs;
  for (const name of region.names.flat()) region.start(name, `uid-${name}`);
  const seen = startClients({ world, primaryOf: region.primaryOf, shards: () => shards, keys: allKeys }, history, world.rng.fork('clients'), profile.clients ?? 4, 2_000, faultEndMs + 3_000, () => endMs - 500);

  const drawn = moveFaults.filter((kind) => kind !== 'killShard' && rng.chance(0.4));
  const kinds = profile.kinds ?? drawn;
  const everyMs = profile.everyMs ?? rng.pick([300, 800, 2_000]);
  const retargetMs = profile.retargetMs ?? rng.pick([150, 600, 1_500]);
  const inject = createMoveInjector(region, rng, faultEndMs);
  const repeat = (gapMs: number, act: () => void): void => {
    if (world.nowMs() >= faultEndMs) return;
    act();
    world.at(world.nowMs() + rng.unit() * 2 * gapMs, () => repeat(gapMs, act));
  };
  if (options.script !== undefined) options.script(region);
  else {
    world.at(firstFaultMs, () => repeat(retargetMs, () => region.setTargets(randomTargets(rng))));
    if (kinds.length > 0) world.at(firstFaultMs, () => repeat(everyMs, () => inject(rng.pick(kinds))));
  }

  world.runUntil(faultEndMs);
  network.healAll();
  region.setTamper(() => undefined);
  Object.assign(maps.faults, { away: false, lostAnswerChance: 0, lostRequestChance: 0, hold: undefined });
  for (const lease of leases) Object.assign(lease.faults, { away: false, lostAnswerChance: 0, lostRequestChance: 0 });
  for (const node of region.nodes.values()) node.resume();
  for (const name of region.names.flat()) region.start(name, `uid-${name}`);
  region.note('healed');
  world.runUntil(endMs);
  judge(region, history, seen);
  return { seed: options.seed, profile: profile.name, faults: options.script === undefined ? kinds : [], promotions: leases.reduce((sum, lease) => sum + lease.current().epoch, 0), hash: world.traceHash(), violations: region.violations, operations: history.operations, acknowledged: seen.acknowledged, mapVersion: maps.current().version, trace: region.trace };
}

function createMoveInjector(region: SimRegion, rng: Rng, untilMs: number) {
  const { world, network, maps, leases, names } = region;
  const later = (ms: number, act: () => void): void => void world.at(Math.min(untilMs, world.nowMs() + ms), act);
  const restart = (name: string, afterMs: number): void => later(afterMs, () => region.start(name, `uid-${name}`));
  const primary = (): string | undefined => region.primaryOf(rng.below(shards))?.name;
  const strike = (name: string | undefined): void => {
    // Two faults in one shard at once may leave nothing: that is another kind.
    const shard = name === undefined ? undefined : region.nodes.get(name)?.shard;
    const whole = shard !== undefined && names[shard].every((one) => region.nodes.get(one)?.alive === true) && leases[shard].current().isr.length === names[shard].length;
    if (name === undefined || !whole) return;
    region.kill(name);
    restart(name, 50 + rng.unit() * 1_500);
  };
  const cut = (a: string, b: string): void => {
    network.block(a, b, rng.chance(0.3));
    later(100 + rng.unit() * 1_500, () => network.unblock(a, b));
  };
  return (kind: MoveFault): void => {
    region.note(kind);
    const all = names.flat();
    switch (kind) {
      case 'kill':
        return strike(rng.pick(all));
      case 'killPrimary':
        return strike(primary());
      case 'killShard': {
        for (const name of rng.pick(names)) {
          region.kill(name);
          restart(name, 100 + rng.unit() * 800);
        }
        return undefined;
      }
      case 'pausePrimary': {
        const node = region.nodes.get(primary() ?? '');
        if (node === undefined || !node.alive || leases[node.shard].current().isr.length < names[node.shard].length) return undefined;
        node.paused = true;
        return later(50 + rng.unit() * 2_500, () => node.resume());
      }
      case 'cutShards': {
        const [a, b] = [rng.below(shards), rng.below(shards)];
        for (const one of names[a]) for (const other of names[b]) if (a !== b) cut(one, other);
        return undefined;
      }
      case 'cutCopies': {
        const [a, b] = rng.pick(names);
        if (b !== undefined) cut(a, b);
        return undefined;
      }
      case 'slowCopies': {
        // Acknowledgements of one shard come late, and it stays in sync.
        const [a, b] = rng.pick(names);
        if (b === undefined) return undefined;
        for (const link of [network.link(a, b), network.link(b, a)]) link.extraDelayMs = 250;
        return later(300 + rng.unit() * 1_200, () => {
          for (const link of [network.link(a, b), network.link(b, a)]) link.extraDelayMs = 0;
        });
      }
      case 'breakLinks':
      case 'slowLinks': {
        for (const a of all) for (const b of all) if (a !== b && rng.chance(0.5)) Object.assign(network.link(a, b), kind === 'breakLinks' ? { breakChance: 0.1 } : { extraDelayMs: 60 });
        return later(300 + rng.unit() * 800, () => {
          for (const a of all) for (const b of all) Object.assign(network.link(a, b), { breakChance: 0, extraDelayMs: 0 });
        });
      }
      case 'apiAway':
        maps.faults.away = true;
        return later(200 + rng.unit() * 1_500, () => (maps.faults.away = false));
      case 'apiLostAnswers':
        Object.assign(maps.faults, { lostAnswerChance: 0.4, lostRequestChance: 0.2 });
        return later(500 + rng.unit() * 1_500, () => Object.assign(maps.faults, { lostAnswerChance: 0, lostRequestChance: 0 }));
      default:
        return kind satisfies never;
    }
  };
}
