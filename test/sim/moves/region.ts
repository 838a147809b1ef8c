import type { MoveBugs } from '../../../node/replication/moves/planted-bugs.ts';
import type { OwnershipMap, Targets } from '../../../shared/kube/documents.ts';
import { createLeaseStore } from '../world/lease-store.ts';
import { createNetwork } from '../world/network.ts';
import { createScheduler } from '../world/scheduler.ts';
import { slots } from './keys.ts';
import { createMapStore } from './map-store.ts';
import { ShardNode } from './shard-node.ts';
import { createWires } from './wires.ts';

export interface Shape {
  readonly shards: number;
  readonly replicas: number;
  /** Shards that own slots in the beginning. */
  readonly owners: number;
}

const smallBatches = { leastSlots: 2, mostSlots: 4, batchBytes: 6, mostMoves: 2, mostBytes: 1_000, window: 2, mostPauseMs: 200, betweenOrdersMs: 100 };

/** Several shards of one region: their processes, Leases, the map, the targets and the network, under one virtual clock. */
export function createRegion(seed: number, shape: Shape, bugs: MoveBugs, keepTrace: boolean) {
  const world = createScheduler(seed);
  const { rng } = world;
  const network = createNetwork(world, rng.fork('network'));
  const wireRng = rng.fork('wires');
  const firstMap: OwnershipMap = {
    formatVersion: 1, version: 1, moves: [],
    ranges: Array.from({ length: shape.owners }, (_, shard) => ({ from: Math.floor((shard * slots) / shape.owners), to: Math.floor(((shard + 1) * slots) / shape.owners) - 1, shard, generation: 1 })),
  };
  const maps = createMapStore(world, rng.fork('map'), firstMap);
  const leases = Array.from({ length: shape.shards }, (_, shard) => createLeaseStore(world, rng.fork(`lease${shard}`)));
  const names = Array.from({ length: shape.shards }, (_, shard) => Array.from({ length: 1 + shape.replicas }, (__, i) => `s${shard}-${i}`));
  const violations: string[] = [];
  const trace: string[] = [];
  const emptied: { readonly shard: number; readonly atMs: number }[] = [];
  let targets: Targets = { formatVersion: 1, generation: 0, ranges: firstMap.ranges.map(({ from, to, shard }) => ({ from, to, shard })) };
  let incarnations = 0;

  const broken = (what: string): void => {
    if (violations.length < 20 && !violations.includes(what)) violations.push(what);
  };
  const note = (line: string): void => {
    const stamped = `${world.nowMs().toFixed(2)} ${line}`;
    world.note(stamped);
    if (keepTrace) trace.push(stamped);
  };
  const wires = createWires({ world, network, rng: wireRng, note });
  const { nodes, primaries, living, kill, setTamper, primaryOf } = wires;

  const start = (name: string, podUid: string): void => {
    if (nodes.get(name)?.alive === true) return;
    incarnations += 1;
    const shard = Number(/^s(\d+)-/.exec(name)?.[1]);
    wires.up(new ShardNode(name, shard, `inc${incarnations}`, podUid, {
      world, rng: rng.fork(`${name}${incarnations}`), lease: leases[shard], maps, bugs, wires, limits: smallBatches,
      emptied: () => void emptied.push({ shard, atMs: world.nowMs() }),
      readTargets: (_node, answer) => answer(targets),
      executes(node, slot) {
        for (const other of wires.rivals(node, slot)) broken(`slot ${slot} is answered by ${node.name} while ${other.name} serves it`);
      },
      note,
    }));
  };

  return {
    world, network, maps, leases, names, nodes, primaries, violations, trace, emptied, broken, note, start, kill, living, setTamper, primaryOf,
    targets: () => targets,
    setTargets(ranges: Targets['ranges']): void {
      targets = { formatVersion: 1, generation: targets.generation + 1, ranges };
      note(`targets ${ranges.map(({ from, to, shard }) => `${from}-${to}:${shard}`).join(' ')}`);
      for (const node of living()) world.at(world.nowMs() + wireRng.unit() * 20, node.targetsChanged);
    },
  };
}

export type SimRegion = ReturnType<typeof createRegion>;
