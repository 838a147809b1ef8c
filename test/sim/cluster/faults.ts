import { resourceTypes } from '../../../operator/kube/types.ts';
import { noDiskFaults, type DiskFaults } from '../world/disk.ts';
import type { Rng } from '../world/rng.ts';
import type { ClusterWorld } from './cluster-world.ts';
import { namespace } from './names.ts';
import { snapshotPath } from './sim-snapshots.ts';
import type { ClusterRegion } from './sim-region.ts';

/** Fault kinds as data. */
const clusterFaults = [
  'kill', 'killPrimary', 'pausePrimary', 'deletePod', 'cutShards', 'cutCopies', 'breakLinks', 'slowLinks', 'nodesApiAway', 'nodesApiLost', 'cutOffApi',
  'operatorDies', 'operatorApiAway', 'operatorApiLost', 'operatorApiErrors', 'operatorConflicts', 'operatorApiSlow', 'watchesLate', 'watchesBreak', 'compaction',
  'diskFull', 'diskReadOnly', 'diskErrors', 'diskTorn', 'diskSlow', 'powerLoss', 'diskDamage',
] as const;
export type ClusterFault = (typeof clusterFaults)[number];
export const allFaults: readonly ClusterFault[] = clusterFaults;

/** Carries out one fault of a kind; it is undone by itself before `untilMs`. */
export function createClusterInjector(cluster: ClusterWorld, rng: Rng, untilMs: number) {
  const { world, network, pods, faults, api } = cluster;
  const later = (ms: number, act: () => void): void => void world.at(Math.min(untilMs, world.nowMs() + ms), act);
  const region = (): ClusterRegion => cluster.regionOf(rng.pick(cluster.regionNames()));
  /** Every copy that its set asks for runs and is in sync: two faults in one shard at once may leave nothing. */
  const isWhole = (name: string): boolean => {
    const process = pods.processes.get(name);
    const set = api.find(resourceTypes.statefulSet, namespace, name.replace(/-\d+$/, ''));
    if (process === undefined || set === undefined || set.metadata.deletionTimestamp !== undefined) return false;
    const lease = cluster.regionOf(process.region).leaseOf(process.shard).current();
    const copies = Array.from({ length: Number(set.spec?.replicas) }, (_, index) => `${set.metadata.name}-${index}`);
    return copies.length > 1 && copies.every((one) => {
      const { node, terminating = true } = pods.processes.get(one) ?? {};
      return node?.alive === true && !node.paused && !terminating && lease?.isr.includes(one) === true && lease.incarnations[one] === node.incarnation;
    });
  };
  const strike = (name: string | undefined, how: (name: string) => void): void => {
    if (name !== undefined && isWhole(name)) how(name);
  };
  const anybody = (): string | undefined => (pods.processes.size === 0 ? undefined : rng.pick([...pods.processes.keys()]));
  const primary = (): string | undefined => {
    const { wires } = region();
    const leaders = wires.living().filter((node) => node.leads);
    return leaders.length === 0 ? undefined : rng.pick(leaders).name;
  };
  const kill = (name: string): void => pods.processes.get(name)?.end({ exitCode: 137, signal: 9 });
  const cut = (a: string, b: string): void => {
    network.block(a, b, rng.chance(0.3));
    later(100 + rng.unit() * 1_500, () => network.unblock(a, b));
  };
  const forAWhile = (fault: Partial<typeof faults>, mostMs: number): void => {
    const before = Object.fromEntries(Object.keys(fault).map((name) => [name, name === 'away' ? false : 0]));
    Object.assign(faults, fault);
    later(200 + rng.unit() * mostMs, () => Object.assign(faults, before));
  };

  const diskFault = (fault: Partial<DiskFaults>): void => {
    for (const volume of cluster.volumes.values()) if (rng.chance(0.6)) {
      Object.assign(volume.faults, fault);
      later(1_000 + rng.unit() * 12_000, () => Object.assign(volume.faults, noDiskFaults));
    }
  };

  return (kind: ClusterFault): void => {
    cluster.note(`fault ${kind}`);
    switch (kind) {
      case 'kill':
        return strike(anybody(), kill);
      case 'killPrimary':
        return strike(primary(), kill);
      case 'pausePrimary':
        return strike(primary(), (name) => {
          const node = pods.processes.get(name)?.node;
          if (node === undefined) return;
          node.paused = true;
          later(50 + rng.unit() * 2_500, () => node.resume());
        });
      case 'deletePod':
        return strike(anybody(), (name) => api.remove(resourceTypes.pod, namespace, name, {}));
      case 'cutShards': {
        const nodes = region().wires.living();
        for (const one of nodes) for (const other of nodes) if (one.shard < other.shard && rng.chance(0.6)) cut(one.name, other.name);
        return undefined;
      }
      case 'cutCopies': {
        const nodes = region().wires.living();
        const [one] = nodes.length === 0 ? [] : [rng.pick(nodes)];
        for (const other of nodes) if (one !== undefined && other !== one && other.shard === one.shard) cut(one.name, other.name);
        return undefined;
      }
      case 'breakLinks':
      case 'slowLinks': {
        const names = region().wires.living().map((node) => node.name);
        for (const a of names) for (const b of names) if (a !== b && rng.chance(0.5)) Object.assign(network.link(a, b), kind === 'breakLinks' ? { breakChance: 0.1 } : { extraDelayMs: 60 });
        return later(300 + rng.unit() * 800, () => {
          for (const a of names) for (const b of names) Object.assign(network.link(a, b), { breakChance: 0, extraDelayMs: 0 });
        });
      }
      case 'nodesApiAway': {
        const { access } = region();
        access.faults.away = true;
        return later(200 + rng.unit() * 1_500, () => (access.faults.away = false));
      }
      case 'nodesApiLost': {
        const { access } = region();
        Object.assign(access.faults, { lostAnswerChance: 0.4, lostRequestChance: 0.2, extraDelayMs: 100 });
        return later(500 + rng.unit() * 1_500, () => Object.assign(access.faults, { lostAnswerChance: 0, lostRequestChance: 0, extraDelayMs: 0 }));
      }
      case 'cutOffApi': {
        const name = rng.chance(0.5) ? primary() : anybody();
        const access = name === undefined ? undefined : cluster.regionOf(pods.processes.get(name)?.region ?? '').access;
        if (name === undefined || access === undefined) return undefined;
        access.faults.cutOff.add(name);
        return later(200 + rng.unit() * 3_000, () => access.faults.cutOff.delete(name));
      }
      case 'operatorDies': {
        const life = cluster.operator();
        if (life?.alive !== true || life.diesAt !== undefined) return undefined;
        life.diesBefore = rng.chance(0.5);
        life.diesAt = life.calls + rng.between(1, 25);
        return undefined;
      }
      case 'operatorApiAway':
        return forAWhile({ away: true }, 4_000);
      case 'operatorApiLost':
        return forAWhile({ lostAnswerChance: 0.2, lostRequestChance: 0.1 }, 5_000);
      case 'operatorApiErrors':
        return forAWhile({ errorChance: 0.2 }, 5_000);
      case 'operatorConflicts':
        return forAWhile({ conflictChance: 0.3 }, 5_000);
      case 'operatorApiSlow':
        return forAWhile({ extraDelayMs: 500 }, 5_000);
      case 'watchesLate':
        return forAWhile({ watchLagMs: rng.pick([300, 1_500, 5_000]) }, 8_000);
      case 'watchesBreak': {
        for (const watch of cluster.operator()?.watches ?? []) if (rng.chance(0.5)) watch.breakOff();
        return undefined;
      }
      case 'compaction': {
        cluster.kube.compact();
        for (const watch of cluster.operator()?.watches ?? []) watch.breakOff();
        return undefined;
      }
      case 'diskFull':
        return diskFault({ full: true });
      case 'diskReadOnly':
        return diskFault({ readOnly: true });
      case 'diskErrors':
        return diskFault({ readErrorChance: 0.3, writeErrorChance: 0.1 });
      case 'diskTorn':
        return diskFault({ tornChance: 0.2 });
      case 'diskSlow':
        return diskFault({ extraDelayMs: 400 });
      case 'powerLoss': {
        // A machine whose pod has ended may go too.
        const claims = [...cluster.volumes.keys()];
        const name = claims.length === 0 ? undefined : rng.pick(claims);
        if (name === undefined) return undefined;
        const pod = name.slice('data-'.length);
        if (!pods.processes.has(pod)) return cluster.volumes.get(name)?.powerLoss();
        return strike(pod, () => {
          kill(pod);
          cluster.volumes.get(name)?.powerLoss();
        });
      }
      case 'diskDamage': {
        // Once in a while: what is lost so may be gone.
        const claims = [...cluster.volumes].filter(([, volume]) => volume.disk.exists(snapshotPath));
        const [name, volume] = claims.length === 0 || !rng.chance(0.3) ? [] : rng.pick(claims);
        const how = rng.pick(['flipped', 'cut', 'gone', 'older'] as const);
        if (name === undefined || volume?.damage(snapshotPath, how) !== true) return undefined;
        cluster.damaged.add(name.slice('data-'.length).replace(/-\d+$/, ''));
        return cluster.note(`the snapshot on ${name} is ${how}`);
      }
      default:
        return kind satisfies never;
    }
  };
}
