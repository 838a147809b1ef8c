import { createWitness } from '../../../node/replication/witness.ts';
import type { ReportedEvent } from '../../../node/replication/effects.ts';
import type { Envelope } from '../../../node/replication/messages.ts';
import { noBugs, type PlantedBugs } from '../../../node/replication/planted-bugs.ts';
import { createHistory, type Operation } from '../check/history.ts';
import { checkLinearizability } from '../check/linearizability.ts';
import { createLeaseStore } from '../world/lease-store.ts';
import { createNetwork } from '../world/network.ts';
import { createScheduler } from '../world/scheduler.ts';
import { drawFaultPlan, type FaultKind } from './faults.ts';
import type { KeyValueOp } from './key-value-op.ts';
import { SimNode, type Wires } from './sim-node.ts';

export interface RunOptions {
  readonly seed: number;
  readonly bugs?: PlantedBugs;
  /** Virtual time with faults, milliseconds. */
  readonly durationMs?: number;
  readonly trace?: boolean;
}

export interface RunResult {
  readonly seed: number;
  readonly hash: string;
  readonly violations: readonly string[];
  readonly operations: readonly Operation[];
  readonly acknowledged: number;
  readonly promotions: number;
  readonly faults: readonly FaultKind[];
  readonly trace: readonly string[];
}

const members = ['m-0', 'm-1', 'm-2'];
const witnessNames = ['w-0', 'w-1'];
const clients = 4;
const keys = ['a', 'b', 'c', 'd', 'e'];
const requestTimeoutMs = 1_500;
const healMs = 20_000;

/** One seed: three copies of a shard, two witnesses, four clients, and the faults that the seed draws; then everything heals and must converge. */
export function runShard(options: RunOptions): RunResult {
  const bugs = options.bugs ?? noBugs;
  const world = createScheduler(options.seed);
  const rng = world.rng;
  const network = createNetwork(world, rng.fork('network'));
  const lease = createLeaseStore(world, rng.fork('lease'));
  const history = createHistory(world.nowMs);
  const violations: string[] = [];
  const trace: string[] = [];
  const nodes = new Map<string, SimNode>();
  const plan = drawFaultPlan(rng.fork('faults'));
  const faultRng = rng.fork('fault times');
  const clientRng = rng.fork('clients');
  const minInSync = rng.chance(0.3) ? 2 : 1;
  let incarnations = 0;
  let promotions = 0;
  let acknowledged = 0;
  const acknowledgers = new Map<number, string>();

  const note = (line: string): void => {
    const stamped = `${world.nowMs().toFixed(2)} ${line}`;
    world.note(stamped);
    if (options.trace === true) trace.push(stamped);
  };

  // Messages go over one ordered channel per pair; a broken channel loses what was under way.
  const channelOf = new Map<string, number>();
  const deliver = (envelope: Envelope): void => {
    const link = network.link(envelope.from, envelope.to);
    if (link.blocked || network.isDown(envelope.to)) return;
    if (rng.chance(link.breakChance)) {
      channelOf.set(`${envelope.from}>${envelope.to}`, world.nowMs());
      return;
    }
    const key = `${envelope.from}>${envelope.to}`;
    const atMs = Math.max(channelOf.get(key) ?? 0, world.nowMs() + 0.2 + rng.unit() * 0.3 + rng.unit() * link.extraDelayMs);
    channelOf.set(key, atMs);
    world.at(atMs, () => {
      if (network.link(envelope.from, envelope.to).blocked) return;
      note(`${envelope.from}>${envelope.to} ${envelope.epoch} ${envelope.message.type}`);
      if (witnessNames.includes(envelope.to)) answerAsWitness(envelope);
      else nodes.get(envelope.to)?.receive(envelope);
    });
  };

  const witnesses = new Map(witnessNames.map((name) => [name, createWitness()]));
  const answerAsWitness = (envelope: Envelope): void => {
    if (envelope.message.type !== 'heartbeat') return;
    const answer = witnesses.get(envelope.to)?.answer(envelope, envelope.message, world.nowMs());
    if (answer !== undefined) deliver({ ...envelope, from: envelope.to, fromIncarnation: `i-${envelope.to}`, to: envelope.from, toIncarnation: envelope.fromIncarnation, message: answer });
  };

  const wires: Wires = {
    send: deliver,
    probe(by, member, incarnation, answer) {
      const clear = (from: string, to: string): boolean => !network.link(from, to).blocked && !network.link(to, from).blocked;
      const second = [...members, ...witnessNames].find((name) => name !== by && name !== member && (witnessNames.includes(name) || nodes.get(name)?.alive === true) && clear(by, name) && clear(name, member));
      const gone = nodes.get(member)?.alive !== true || nodes.get(member)?.incarnation !== incarnation;
      world.at(world.nowMs() + 2 + rng.unit(), () => answer(gone && second !== undefined && clear(by, member)));
    },
    witnesses: () => witnessNames,
    incarnationOf: (member) => (witnessNames.includes(member) ? `i-${member}` : ''),
    report(node, event: ReportedEvent) {
      note(`${node} ${JSON.stringify(event)}`);
      if (event.what === 'promoted') promotions += 1;
    },
  };

  const start = (name: string, podUid: string): void => {
    incarnations += 1;
    const rate = plan.kinds.includes('clockDrift') ? 1 + (rng.unit() - 0.5) * 0.02 : 1;
    network.up(name);
    nodes.set(name, new SimNode(name, `inc${incarnations}`, podUid, { world, lease, wires, rng: rng.fork(`${name}${incarnations}`), bugs, rate, minInSync }));
  };
  for (const name of members) start(name, `uid-${name}`);

  // --- clients: one operation at a time each, unique values, a guess at the primary that refusals correct
  const runClient = (client: number): void => {
    let target = clientRng.pick(members);
    const endMs = 1_000 + (options.durationMs ?? 12_000) + healMs / 2;
    const next = (): void => {
      if (world.nowMs() > endMs) return;
      const key = clientRng.pick(keys);
      const roll = clientRng.unit();
      const kind = roll < 0.45 ? 'write' : roll < 0.9 ? 'read' : 'delete';
      const operation = history.call({ client, key, kind, value: kind === 'write' ? `c${client}n${history.operations.length}` : undefined });
      const op: KeyValueOp = kind === 'write' ? { kind, key, value: operation.value as string } : { kind, key };
      let open = true;
      const finish = (): void => {
        open = false;
        world.at(world.nowMs() + clientRng.unit() * 30, next);
      };
      world.at(world.nowMs() + requestTimeoutMs, () => {
        if (!open) return;
        target = clientRng.pick(members);
        finish();
      });
      const host = target;
      const node = nodes.get(host);
      world.at(world.nowMs() + 0.3, () => {
        if (node === undefined || !node.alive) {
          if (!open) return;
          history.done(operation, 'failed');
          target = clientRng.pick(members);
          finish();
          return;
        }
        node.request(op, (answer) =>
          world.at(world.nowMs() + 0.3, () => {
            if (!open) return;
            if (answer.kind === 'refused') {
              history.done(operation, 'failed');
              target = answer.primary ?? clientRng.pick(members);
            } else if (answer.kind === 'value') {
              history.done(operation, 'ok', { value: kind === 'read' ? answer.value : undefined, answeredBy: `${host}/${node.member.state.config?.epoch}` });
              acknowledged += 1;
              const epoch = node.member.state.config?.epoch ?? 0;
              if (kind !== 'read') {
                const other = acknowledgers.get(epoch);
                if (other !== undefined && other !== node.incarnation) violations.push(`two primaries acknowledged in epoch ${epoch}: ${other} and ${node.incarnation}`);
                acknowledgers.set(epoch, node.incarnation);
              }
            } else target = clientRng.pick(members);
            finish();
          }),
        );
      });
    };
    world.at(1_000 + clientRng.unit() * 10, next);
  };
  for (let client = 0; client < clients; client++) runClient(client);

  // --- faults
  const faultEndMs = 1_000 + (options.durationMs ?? 12_000);
  const aliveMembers = (): SimNode[] => members.map((name) => nodes.get(name)).filter((node) => node !== undefined && node.alive) as SimNode[];
  const inject = (kind: FaultKind): void => {
    const lastsMs = faultRng.pick([200, 800, 2_000, 5_000]);
    const later = (undo: () => void): void => void world.at(Math.min(world.nowMs() + lastsMs, faultEndMs), undo);
    const victim = faultRng.pick(members);
    const other = faultRng.pick([...members, ...witnessNames].filter((name) => name !== victim));
    note(`fault ${kind} ${victim} ${other} ${lastsMs}`);
    switch (kind) {
      case 'kill': {
        const node = nodes.get(victim);
        // At least one in-sync copy stays: losing them all is the documented rule of emptied shards, which loses data by design.
        const survivors = aliveMembers().filter((one) => one.name !== victim && lease.current().isr.includes(one.name) && lease.current().incarnations[one.name] === one.incarnation);
        if (node === undefined || !node.alive || survivors.length === 0) return;
        node.kill();
        network.down(victim);
        world.at(world.nowMs() + faultRng.pick([50, 500, 2_000]), () => start(victim, `uid-${victim}`));
        return;
      }
      case 'pause': {
        const node = nodes.get(victim);
        if (node === undefined || !node.alive) return;
        node.paused = true;
        later(() => node.resume());
        return;
      }
      case 'partition':
        network.block(victim, other);
        later(() => network.unblock(victim, other));
        return;
      case 'oneWay':
        network.block(victim, other, true);
        later(() => network.unblock(victim, other));
        return;
      case 'isolate':
      case 'isolatePrimary': {
        const name = kind === 'isolate' ? victim : (lease.current().primary ?? victim);
        for (const peer of [...members, ...witnessNames]) if (peer !== name) network.block(name, peer);
        later(() => {
          for (const peer of [...members, ...witnessNames]) if (peer !== name) network.unblock(name, peer);
        });
        return;
      }
      case 'breakConnections':
        for (const peer of members) network.link(victim, peer).breakChance = 0.1;
        later(() => {
          for (const peer of members) network.link(victim, peer).breakChance = 0;
        });
        return;
      case 'slowLinks':
        for (const peer of members) network.link(victim, peer).extraDelayMs = faultRng.pick([5, 50, 300]);
        later(() => {
          for (const peer of members) network.link(victim, peer).extraDelayMs = 0;
        });
        return;
      case 'apiAway':
        lease.faults.away = true;
        later(() => (lease.faults.away = false));
        return;
      case 'apiCutOff':
        lease.faults.cutOff.add(victim);
        later(() => lease.faults.cutOff.delete(victim));
        return;
      case 'apiLostAnswers':
        lease.faults.lostAnswerChance = 0.5;
        lease.faults.lostRequestChance = 0.2;
        lease.faults.extraDelayMs = 300;
        later(() => Object.assign(lease.faults, { lostAnswerChance: 0, lostRequestChance: 0, extraDelayMs: 0 }));
        return;
      case 'switchover':
        for (const node of aliveMembers()) if (node.member.state.serving) node.switchover();
        return;
      case 'clockDrift':
        return;
      default:
        kind satisfies never;
    }
  };
  const faultLoop = (): void => {
    if (world.nowMs() >= faultEndMs) return;
    inject(faultRng.pick(plan.kinds));
    world.at(world.nowMs() + faultRng.unit() * 2 * plan.everyMs, faultLoop);
  };
  world.at(2_500, faultLoop);

  world.runUntil(faultEndMs);
  network.healAll();
  Object.assign(lease.faults, { away: false, lostAnswerChance: 0, lostRequestChance: 0, extraDelayMs: 0 });
  lease.faults.cutOff.clear();
  for (const node of nodes.values()) node.resume();
  note('healed');
  world.runUntil(faultEndMs + healMs);

  // --- judgement
  const linear = checkLinearizability(history.operations);
  if (!linear.ok) violations.push(`not linearizable: key ${linear.key}`);
  const late = history.operations.filter((one) => one.callMs > faultEndMs + healMs / 4 && one.outcome === 'ok');
  if (late.length === 0) violations.push('no operation succeeded after everything healed');
  const serving = aliveMembers().filter((node) => node.member.state.serving);
  if (serving.length !== 1) violations.push(`${serving.length} primaries serve after everything healed`);
  const config = lease.current();
  if (config.isr.length !== members.length) violations.push(`the in-sync set did not become whole again: ${config.isr.join(',')}`);
  const contents = aliveMembers().map((node) => JSON.stringify([...node.contents()].toSorted(([a], [b]) => a.localeCompare(b))));
  if (new Set(contents).size > 1) violations.push(`copies differ after everything healed: ${contents.join(' | ')}`);
  return { seed: options.seed, hash: world.traceHash(), violations, operations: history.operations, acknowledged, promotions, faults: plan.kinds, trace };
}
