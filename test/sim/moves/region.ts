import type { Envelope } from '../../../node/replication/messages.ts';
import type { MoveEnvelope } from '../../../node/replication/moves/messages.ts';
import type { MoveBugs } from '../../../node/replication/moves/planted-bugs.ts';
import { createWitness } from '../../../node/replication/witness.ts';
import type { OwnershipMap, Targets } from '../../../shared/kube/documents.ts';
import { createLeaseStore } from '../world/lease-store.ts';
import { createNetwork } from '../world/network.ts';
import { createScheduler } from '../world/scheduler.ts';
import { slots } from './keys.ts';
import { createMapStore } from './map-store.ts';
import { ShardNode } from './shard-node.ts';

/** What a script may do to a message about moves: let it pass (undefined), drop it, or hold it for so many milliseconds. */
export type Tamper = (from: string, envelope: MoveEnvelope) => 'drop' | number | undefined;

export interface Shape {
  readonly shards: number;
  readonly replicas: number;
  /** Shards that own slots in the beginning. */
  readonly owners: number;
}

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
  const nodes = new Map<string, ShardNode>();
  const witnesses = new Map(names.flat().map((name) => [name, createWitness(world.nowMs())]));
  const primaries = new Map<number, { readonly name: string; readonly epoch: number }>();
  const violations: string[] = [];
  const trace: string[] = [];
  const emptied: { readonly shard: number; readonly atMs: number }[] = [];
  let targets: Targets = { formatVersion: 1, generation: 0, ranges: firstMap.ranges.map(({ from, to, shard }) => ({ from, to, shard })) };
  let incarnations = 0;
  let tamper: Tamper = () => undefined;

  const broken = (what: string): void => {
    if (violations.length < 20 && !violations.includes(what)) violations.push(what);
  };
  const note = (line: string): void => {
    const stamped = `${world.nowMs().toFixed(2)} ${line}`;
    world.note(stamped);
    if (keepTrace) trace.push(stamped);
  };
  const shardOf = (name: string): number => Number(/^s(\d+)-/.exec(name)?.[1]);
  const living = (): readonly ShardNode[] => [...nodes.values()].filter((node) => node.alive);

  // One ordered channel per pair of processes; a broken channel loses what is under way.
  const channelOf = new Map<string, number>();
  const carry = (from: ShardNode | undefined, to: string, extraMs: number, arrive: () => void): void => {
    const link = network.link(from?.name ?? '', to);
    if (from === undefined || link.blocked || network.isDown(to) || wireRng.chance(link.breakChance)) return;
    const key = `${from.name}/${from.incarnation}>${to}`;
    const atMs = Math.max(channelOf.get(key) ?? 0, world.nowMs() + 0.2 + wireRng.unit() * 0.3 + wireRng.unit() * link.extraDelayMs) + extraMs;
    if (extraMs === 0) channelOf.set(key, atMs);
    world.at(atMs, () => {
      if (!network.link(from.name, to).blocked) arrive();
    });
  };
  const deliver = (envelope: Envelope): void => carry(nodes.get(envelope.from), envelope.to, 0, () => {
    const receiver = nodes.get(envelope.to);
    if (shardOf(envelope.to) === envelope.shard) return receiver?.receive(envelope);
    const message = receiver?.alive === true && !receiver.paused ? witnesses.get(envelope.to)?.answer(envelope, envelope.message, world.nowMs()) : undefined;
    if (message !== undefined) deliver({ ...envelope, from: envelope.to, fromIncarnation: receiver?.incarnation ?? '', to: envelope.from, toIncarnation: envelope.fromIncarnation, message });
    return undefined;
  });
  const sendMove = (from: string, envelope: MoveEnvelope): void => {
    const to = primaries.get(envelope.toShard)?.name;
    const meddled = tamper(from, envelope);
    if (to === undefined || meddled === 'drop') return;
    carry(nodes.get(from), to, meddled ?? 0, () => {
      note(`${from}>${to} ${envelope.message.type}`);
      nodes.get(to)?.receiveMove(envelope);
    });
  };

  const clear = (from: string, to: string): boolean => !network.link(from, to).blocked && !network.link(to, from).blocked;
  const start = (name: string, podUid: string): void => {
    if (nodes.get(name)?.alive === true) return;
    incarnations += 1;
    network.up(name);
    witnesses.set(name, createWitness(world.nowMs()));
    const shard = shardOf(name);
    nodes.set(name, new ShardNode(name, shard, `inc${incarnations}`, podUid, {
      world, rng: rng.fork(`${name}${incarnations}`), lease: leases[shard], maps, bugs, send: deliver, sendMove,
      probe(by, member, incarnation, answer) {
        const gone = nodes.get(member)?.alive !== true || nodes.get(member)?.incarnation !== incarnation;
        const second = living().some((other) => other.name !== by && other.name !== member && clear(by, other.name) && clear(other.name, member));
        world.at(world.nowMs() + 2 + wireRng.unit(), () => answer(gone && second && clear(by, member)));
      },
      witnesses: (own) => living().filter((node) => node.shard !== own).map((node) => node.name).toSorted(),
      incarnationOf: (other) => nodes.get(other)?.incarnation ?? '',
      leads(node, epoch) {
        if (epoch > (primaries.get(shard)?.epoch ?? 0)) primaries.set(shard, { name: node.name, epoch });
      },
      emptied: () => void emptied.push({ shard, atMs: world.nowMs() }),
      mapSeen(node, map) {
        // New versions spread over the bus.
        for (const other of living()) if (other !== node) carry(node, other.name, 0, () => other.run(() => other.takeMap(map)));
      },
      targets: () => targets,
      executes(node, slot) {
        for (const other of living()) if (other.shard !== node.shard && other.serves(slot)) broken(`slot ${slot} is answered by ${node.name} while ${other.name} serves it`);
      },
      note,
    }));
  };
  const kill = (name: string): void => {
    const node = nodes.get(name);
    if (node === undefined || !node.alive) return;
    node.kill();
    network.down(name);
    for (const other of living()) if (clear(name, other.name)) world.at(world.nowMs() + 1, () => other.disconnected(name));
  };
  // Who missed the news hears it sooner or later.
  const gossip = (): void => {
    for (const node of living()) {
      const other = wireRng.pick(living());
      const { map } = node;
      if (map !== undefined && other !== node) carry(node, other.name, 0, () => other.run(() => other.takeMap(map)));
    }
    world.at(world.nowMs() + 500, gossip);
  };
  world.at(world.nowMs() + 500, gossip);

  return {
    world, network, maps, leases, names, nodes, primaries, violations, trace, emptied, broken, note, start, kill, living,
    primaryOf: (shard: number): ShardNode | undefined => nodes.get(primaries.get(shard)?.name ?? ''),
    targets: () => targets,
    setTargets(ranges: Targets['ranges']): void {
      targets = { formatVersion: 1, generation: targets.generation + 1, ranges };
      note(`targets ${ranges.map(({ from, to, shard }) => `${from}-${to}:${shard}`).join(' ')}`);
      for (const node of living()) world.at(world.nowMs() + wireRng.unit() * 20, node.targetsChanged);
    },
    setTamper: (next: Tamper): void => void (tamper = next),
  };
}

export type SimRegion = ReturnType<typeof createRegion>;
