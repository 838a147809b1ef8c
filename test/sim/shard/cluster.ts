import type { ReportedEvent } from '../../../node/replication/effects.ts';
import type { Envelope } from '../../../node/replication/messages.ts';
import type { PlantedBugs } from '../../../node/replication/planted-bugs.ts';
import { createWitness } from '../../../node/replication/witness.ts';
import { createLeaseStore } from '../world/lease-store.ts';
import { createNetwork } from '../world/network.ts';
import { createScheduler } from '../world/scheduler.ts';
import type { Profile } from './faults.ts';
import { emptyAfterMs, SimNode, type Wires } from './sim-node.ts';

/** What a script may do to a message: let it pass (undefined), drop it, or hold it for so many milliseconds. */
export type Tamper = (envelope: Envelope) => 'drop' | number | undefined;

const reportable = (event: ReportedEvent): boolean => event.what !== 'refused';

/** One shard's processes, its witnesses, the network and the Lease, under one virtual clock. */
export function createCluster(seed: number, profile: Profile, bugs: PlantedBugs, faultEndMs: number, keepTrace: boolean) {
  const world = createScheduler(seed);
  const { rng } = world;
  const network = createNetwork(world, rng.fork('network'));
  const lease = createLeaseStore(world, rng.fork('lease'));
  const wireRng = rng.fork('wires');
  const nodeRng = rng.fork('nodes');
  const violations: string[] = [];
  const trace: string[] = [];
  const nodes = new Map<string, SimNode>();
  const members = Array.from({ length: profile.members ?? 3 }, (_, i) => `m-${i}`);
  const witnessNames = Array.from({ length: profile.witnesses ?? 2 }, (_, i) => `w-${i}`);
  const drift = profile.drift ?? (nodeRng.chance(0.5) ? 0.01 : 0);
  const evictions: { readonly key: string; readonly atMs: number }[] = [];
  /** Times at which the shard began again with nothing (B1). */
  const emptied: number[] = [];
  const promotions: { readonly atMs: number; readonly cause: string; readonly node: string }[] = [];
  const resignations: { readonly atMs: number; readonly cause: string }[] = [];
  const units = new Map<string, { readonly writer: string; readonly bytes: string }>();
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

  // Messages go over one ordered channel per pair of processes; a broken channel loses what is under way.
  const channelOf = new Map<string, number>();
  const isData = (envelope: Envelope): boolean => envelope.message.type === 'units' || envelope.message.type === 'units-ack';
  const deliver = (envelope: Envelope): void => {
    const link = network.link(envelope.from, envelope.to);
    if (link.blocked || network.isDown(envelope.to) || (link.dataBlocked && isData(envelope))) return;
    const key = `${envelope.from}/${envelope.fromIncarnation}>${envelope.to}`;
    if (wireRng.chance(link.breakChance)) {
      channelOf.set(key, world.nowMs());
      nodes.get(envelope.from)?.disconnected(envelope.to);
      return;
    }
    const meddled = tamper(envelope);
    if (meddled === 'drop') return;
    const atMs = Math.max(channelOf.get(key) ?? 0, world.nowMs() + 0.2 + wireRng.unit() * 0.3 + wireRng.unit() * link.extraDelayMs + (meddled ?? 0));
    channelOf.set(key, atMs);
    world.at(atMs, () => {
      if (network.link(envelope.from, envelope.to).blocked) return;
      note(`${envelope.from}>${envelope.to} ${envelope.epoch} ${envelope.message.type}`);
      const witness = witnesses.get(envelope.to);
      if (witness === undefined) nodes.get(envelope.to)?.receive(envelope);
      else {
        const message = witness.answer(envelope, envelope.message, world.nowMs());
        if (message !== undefined) deliver({ ...envelope, from: envelope.to, fromIncarnation: `i-${envelope.to}`, to: envelope.from, toIncarnation: envelope.fromIncarnation, message });
      }
    });
  };
  const witnesses = new Map(witnessNames.map((name) => [name, createWitness(world.nowMs())]));

  const clear = (from: string, to: string): boolean => !network.link(from, to).blocked && !network.link(to, from).blocked;
  const wires: Wires = {
    send: deliver,
    probe(by, member, incarnation, answer) {
      const others = [...members, ...witnessNames].filter((name) => name !== by && name !== member && (witnesses.has(name) || nodes.get(name)?.alive === true));
      const second = others.find((name) => clear(by, name) && clear(name, member));
      const gone = nodes.get(member)?.alive !== true || nodes.get(member)?.incarnation !== incarnation;
      world.at(world.nowMs() + 2 + wireRng.unit(), () => answer(gone && second !== undefined && clear(by, member)));
    },
    witnesses: () => witnessNames,
    incarnationOf: (member) => (witnesses.has(member) ? `i-${member}` : ''),
    report(node, event) {
      if (reportable(event)) note(`${node} ${JSON.stringify(event)}`);
      if (event.what === 'promoted') promotions.push({ atMs: world.nowMs(), cause: event.cause, node });
      if (event.what === 'resigned') resignations.push({ atMs: world.nowMs(), cause: event.cause });
      if (event.what === 'restarted-empty') {
        emptied.push(world.nowMs());
        // While a copy lives: several never, a single one when its witness has heard nothing for so long, or its pod was replaced (B1).
        const before = lease.history.findLast((one) => one.epoch < event.epoch);
        const lives = (name: string): boolean => nodes.get(name)?.alive === true && nodes.get(name)?.incarnation === before?.incarnations[name];
        const mayGiveUp = before?.isr.length === 1 && (nodes.get(node)?.member.state.opening?.silenceMs ?? 0) >= emptyAfterMs;
        const left = mayGiveUp ? [] : (before?.isr ?? []).filter(lives);
        if (left.length > 0) broken(`${node} restarted the shard empty while ${left.join(' and ')} had it`);
      }
    },
    logged(node, at, bytes) {
      const place = `${at.epoch}:${at.seq}`;
      const known = units.get(place);
      // V1: a dot is never used twice.
      if (known !== undefined && (known.writer !== node.incarnation || known.bytes !== bytes)) broken(`dot ${place} was used twice: ${known.writer} ${known.bytes} and ${node.incarnation} ${bytes}`);
      units.set(place, { writer: node.incarnation, bytes });
    },
    applied(node, at, bytes) {
      if (units.get(`${at.epoch}:${at.seq}`)?.bytes !== bytes) broken(`${node.name} applied at ${at.epoch}:${at.seq} what its writer did not log there`);
    },
    evicted: (key) => void evictions.push({ key, atMs: world.nowMs() }),
    broken,
  };

  const minInSync = profile.minInSync ?? (nodeRng.chance(0.3) ? 2 : 1);
  const start = (name: string, podUid: string, wallOffsetMs = 0): void => {
    if (nodes.get(name)?.alive === true) return;
    incarnations += 1;
    const rate = 1 + (nodeRng.unit() * 2 - 1) * drift;
    network.up(name);
    nodes.set(name, new SimNode(name, `inc${incarnations}`, podUid, { world, lease, wires, rng: rng.fork(`${name}${incarnations}`), bugs, rate, minInSync, backlogBytes: profile.backlogBytes ?? 8_192, evictChance: 0.01, evictUntilMs: faultEndMs }, wallOffsetMs));
  };
  const kill = (name: string): void => {
    const node = nodes.get(name);
    if (node === undefined || !node.alive) return;
    node.kill();
    network.down(name);
    for (const other of nodes.values()) if (other.alive && clear(name, other.name)) world.at(world.nowMs() + 1, () => other.disconnected(name));
  };

  return {
    world, network, lease, nodes, members, witnessNames, violations, trace, evictions, emptied, promotions, resignations, units, broken, note, start, kill,
    alive: (): readonly SimNode[] => [...nodes.values()].filter((node) => node.alive),
    primary: (): SimNode | undefined => [...nodes.values()].find((node) => node.alive && node.member.state.serving),
    setTamper: (next: Tamper): void => void (tamper = next),
  };
}

export type Cluster = ReturnType<typeof createCluster>;
