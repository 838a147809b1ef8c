import type { Rng } from '../world/rng.ts';
import type { Cluster } from './cluster.ts';
import type { FaultKind } from './faults.ts';
import type { SimNode } from './sim-node.ts';

const hourMs = 3_600_000;

/** Carries out one fault of a kind; it is undone by itself before `endMs`. */
export function createInjector(cluster: Cluster, rng: Rng, endMs: number) {
  const { world, network, lease, nodes, members, witnessNames } = cluster;
  const everyone = [...members, ...witnessNames];
  let replaced = 0;

  const isInSync = (node: SimNode): boolean => lease.current().isr.includes(node.name) && lease.current().incarnations[node.name] === node.incarnation;
  const uidOf = (name: string): string => nodes.get(name)?.podUid ?? `uid-${name}`;
  const later = (afterMs: number, undo: () => void): void => void world.at(Math.min(world.nowMs() + afterMs, endMs), undo);

  /** At least one in-sync copy stays: losing them all is the documented rule of emptied shards, which loses data by design. */
  const killAndRestart = (name: string, downMs: number, uid = uidOf(name)): void => {
    const node = nodes.get(name);
    const survivors = cluster.alive().filter((one) => one.name !== name && isInSync(one));
    if (node === undefined || !node.alive || survivors.length === 0) return;
    cluster.kill(name);
    world.at(world.nowMs() + downMs, () => cluster.start(name, uid, node.wallOffsetMs));
  };
  const isolate = (name: string, forMs: number, from: readonly string[] = everyone): void => {
    for (const peer of from) if (peer !== name) network.block(name, peer);
    later(forMs, () => {
      for (const peer of from) if (peer !== name) network.unblock(name, peer);
    });
  };
  const delay = (from: string, to: string, ms: number, forMs: number): void => {
    network.link(from, to).extraDelayMs = ms;
    later(forMs, () => (network.link(from, to).extraDelayMs = 0));
  };
  const pause = (node: SimNode | undefined, forMs: number): void => {
    if (node === undefined || !node.alive) return;
    node.paused = true;
    later(forMs, () => node.resume());
  };

  return (kind: FaultKind): void => {
    const lastsMs = rng.pick([200, 800, 2_000, 5_000]);
    const victim = rng.pick(members);
    const leader = lease.current().primary ?? victim;
    const other = rng.pick(everyone.filter((name) => name !== victim));
    cluster.note(`fault ${kind} ${victim} ${other} ${lastsMs}`);
    switch (kind) {
      case 'kill':
        killAndRestart(victim, rng.pick([50, 500, 2_000]));
        return;
      case 'killPrimary':
        killAndRestart(leader, rng.pick([50, 500, 2_000]));
        return;
      case 'replacePod':
        killAndRestart(victim, rng.pick([500, 2_000]), `uid-${victim}-${++replaced}`);
        return;
      case 'killAll': {
        const sameUid = rng.chance(0.5);
        for (const name of members) {
          const { wallOffsetMs = 0 } = nodes.get(name) ?? {};
          const uid = sameUid ? uidOf(name) : `uid-${name}-${++replaced}`;
          cluster.kill(name);
          world.at(world.nowMs() + rng.pick([100, 400, 1_000]), () => cluster.start(name, uid, wallOffsetMs));
        }
        return;
      }
      case 'pause':
        pause(nodes.get(victim), lastsMs);
        return;
      case 'pausePrimary':
        pause(nodes.get(leader), rng.between(1_000, 1_900));
        return;
      case 'wakeAndVanish': {
        // Wakes around G, speaks for a moment, and is gone from the members: clients still reach it.
        const pausedMs = rng.between(1_150, 1_700);
        pause(nodes.get(leader), pausedMs);
        world.at(world.nowMs() + pausedMs + rng.between(5, 250), () => {
          if (world.nowMs() < endMs) isolate(leader, 1_500);
        });
        return;
      }
      case 'partition':
        network.block(victim, other);
        later(lastsMs, () => network.unblock(victim, other));
        return;
      case 'oneWay':
        network.block(victim, other, true);
        later(lastsMs, () => network.unblock(victim, other));
        return;
      case 'isolate':
        isolate(victim, lastsMs);
        return;
      case 'isolatePrimary':
        isolate(leader, lastsMs);
        return;
      case 'islandPrimary':
        lease.faults.cutOff.add(leader);
        later(lastsMs, () => lease.faults.cutOff.delete(leader));
        isolate(leader, lastsMs, rng.chance(0.5) ? everyone : everyone.filter((name) => name !== other));
        return;
      case 'majority': {
        const [left, right] = [everyone.filter(() => rng.chance(0.5)), [] as string[]];
        right.push(...everyone.filter((name) => !left.includes(name)));
        for (const name of left) isolate(name, lastsMs, right);
        return;
      }
      case 'ring':
        // Each member hears only its successor.
        members.forEach((name, i) => members.forEach((peer, j) => {
          if (i === j || (i + 1) % members.length === j) return;
          network.block(name, peer, true);
          later(lastsMs, () => (network.link(name, peer).blocked = false));
        }));
        return;
      case 'breakConnections':
        for (const peer of members) network.link(victim, peer).breakChance = 0.1;
        later(lastsMs, () => {
          for (const peer of members) network.link(victim, peer).breakChance = 0;
        });
        return;
      case 'slowLinks':
        for (const peer of members) delay(victim, peer, rng.pick([5, 50, 300]), lastsMs);
        return;
      case 'slowToOne':
        for (const name of members) if (name !== leader && rng.chance(0.6)) delay(leader, name, rng.pick([50, 300]), lastsMs);
        return;
      case 'slowAcks': {
        for (const name of members) if (name !== leader) delay(name, leader, 450, 2_000);
        const cutMs = rng.between(200, 1_500);
        world.at(world.nowMs() + cutMs, () => {
          if (world.nowMs() < endMs) for (const name of members) if (name !== leader) {
            network.block(leader, name, true);
            later(2_500, () => network.unblock(leader, name));
          }
        });
        return;
      }
      case 'halfOpen': {
        const name = rng.pick(members.filter((member) => member !== leader));
        network.link(leader, name).dataBlocked = true;
        later(3_500, () => (network.link(leader, name).dataBlocked = false));
        return;
      }
      case 'apiAway':
        lease.faults.away = true;
        later(lastsMs, () => (lease.faults.away = false));
        return;
      case 'apiCutOff': {
        const name = rng.chance(0.5) ? leader : victim;
        lease.faults.cutOff.add(name);
        later(lastsMs, () => lease.faults.cutOff.delete(name));
        return;
      }
      case 'apiLostAnswers':
        Object.assign(lease.faults, { lostAnswerChance: 0.5, lostRequestChance: 0.2, extraDelayMs: 300 });
        later(lastsMs, () => Object.assign(lease.faults, { lostAnswerChance: 0, lostRequestChance: 0, extraDelayMs: 0 }));
        return;
      case 'apiSlow':
        Object.assign(lease.faults, { extraDelayMs: rng.pick([100, 300, 1_200]) });
        later(lastsMs, () => Object.assign(lease.faults, { extraDelayMs: 0 }));
        return;
      case 'switchover':
        cluster.primary()?.switchover();
        return;
      case 'clockBump': {
        const node = nodes.get(victim);
        if (node !== undefined) node.wallOffsetMs = rng.pick([-hourMs, 0, hourMs]);
        return;
      }
      default:
        kind satisfies never;
    }
  };
}
