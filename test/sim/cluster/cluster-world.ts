import { startLocalKube } from '../../../local/kube/local-kube.ts';
import { noMoveBugs } from '../../../node/replication/moves/planted-bugs.ts';
import { startClusterController } from '../../../operator/cluster/controller.ts';
import type { SnapshotBugs } from '../../../node/snapshot/planted-bugs.ts';
import type { OperatorBugs } from '../../../operator/cluster/planted-bugs.ts';
import type { KubeObject } from '../../../operator/kube/port.ts';
import { resourceTypes } from '../../../operator/kube/types.ts';
import { silentLogger } from '../../../shared/log/log.ts';
import type { Ports } from '../../../shared/ports/ports.ts';
import { cacheClusterSpecSchema } from '../../../shared/resources/cache-cluster/spec.ts';
import type { CacheClusterSpec, CacheClusterStatus } from '../../../shared/resources/cache-cluster/resource.ts';
import { createSimDisk, type SimDisk } from '../world/disk.ts';
import { createNetwork } from '../world/network.ts';
import { createScheduler } from '../world/scheduler.ts';
import { createDisruptionJudge } from './disruption-judge.ts';
import { clusterName, images, namespace } from './names.ts';
import { createSimNodeApi, isReady } from './node-api.ts';
import { createOperatorAccess, newLife, noOperatorFaults, type Life, type OperatorFaults } from './operator-access.ts';
import { createSimPods, type SimProcess } from './sim-pods.ts';
import { createClusterRegion, type ClusterRegion } from './sim-region.ts';
import { watchOver } from './watch-over.ts';

const backoff = { firstMs: 200, mostMs: 2_000, forgiveMs: 10_000 };
const settings = { defaultImage: images[0], authByDefault: false, operatorVersion: '1' };

/** A whole cluster under one virtual clock: Kubernetes with its controllers and kubelets, the production operator, and the nodes that its pods are. */
export function createClusterWorld(seed: number, keepTrace: boolean, bugs: OperatorBugs & SnapshotBugs = {}) {
  const world = createScheduler(seed);
  const { rng } = world;
  const network = createNetwork(world, rng.fork('network'));
  const violations: string[] = [];
  const trace: string[] = [];
  /** Shards whose snapshot the medium has lost since. */
  const damaged = new Set<string>();
  const emptied: { readonly region: string; readonly shard: number; readonly atMs: number }[] = [];
  /** Promises may be settling: nothing else happens before they have. */
  let unsettled = false;
  const touched = (): void => void (unsettled = true);
  const broken = (what: string): void => {
    if (violations.length < 20 && !violations.includes(what)) violations.push(what);
  };
  const note = (line: string): void => {
    const stamped = `${world.nowMs().toFixed(2)} ${line}`;
    world.note(stamped);
    if (keepTrace) trace.push(stamped);
  };

  const volumes = new Map<string, SimDisk>();
  const volumeOf = (claim: string): SimDisk => {
    const found = volumes.get(claim) ?? createSimDisk(world, rng.fork(`volume ${claim}`), touched);
    volumes.set(claim, found);
    return found;
  };
  /** Also of one that has ended: what it said may still arrive. */
  const lastImages = new Map<string, string>();
  const imageOf = (pod: string): string | undefined => pods.processes.get(pod)?.image ?? lastImages.get(pod);
  const processPorts = (process: SimProcess): Ports => {
    const ports = world.portsFor(() => !process.isOver(), undefined, rng.fork(`process ${process.podUid} ${world.steps()}`));
    const resting = (work: () => void) => (): void => {
      touched();
      if (process.node === undefined) work();
      else process.node.run(work);
    };
    const { timers } = ports;
    return { ...ports, timers: { cancel: timers.cancel, after: (ms, run) => timers.after(ms, resting(run)), every: (ms, run) => timers.every(ms, resting(run)), soon: (run) => timers.soon(resting(run)) } };
  };
  const regions = new Map<string, ClusterRegion>();
  const pods = createSimPods({
    world,
    rng: rng.fork('pods'),
    isReady,
    boot: (process) => regionOf(process.region).boot(process),
    gone(process) {
      note(`${process.pod} ends`);
      lastImages.set(process.pod, process.image);
      if (process.node !== undefined) regionOf(process.region).wires.kill(process.pod);
    },
  });
  const kube = startLocalKube({ ports: world.portsFor(() => true, undefined, rng.fork('kube')), kubelet: { runtime: pods.runtime, backoff, hurryMs: 200 } });
  const { api } = kube;
  const watch = watchOver(kube, { world, note, broken, regions: () => [...regions.values()], regionOf: (name) => regionOf(name) });
  function regionOf(name: string): ClusterRegion {
    let region = regions.get(name);
    if (region === undefined) {
      region = createClusterRegion({
        world, network, rng: rng.fork(`region ${name}`), kube, place: { namespace, cluster: clusterName, region: name }, bugs: noMoveBugs, note, broken, imageOf, byNext: () => lives.at(-1)?.isNext === true, volumeOf, portsOf: processPorts, snapshotBugs: bugs,
        emptied(node) {
          if (!watch.everInSync(node.name) || !regionOf(name).ownsSlots(node.shard)) return;
          emptied.push({ region: name, shard: node.shard, atMs: world.nowMs() });
          if (damaged.delete(node.name.replace(/-\d+$/, ''))) note(`${node.name} begins with nothing, for its snapshot was damaged`);
          else broken(`${node.name} began its shard again with nothing`);
        },
      });
      regions.set(name, region);
    }
    return region;
  }

  const cluster = (): KubeObject | undefined => api.find(resourceTypes.cacheCluster, namespace, clusterName);
  const spec = (): CacheClusterSpec => cacheClusterSpecSchema.parse(cluster()?.spec);
  const status = (): CacheClusterStatus => (cluster()?.status ?? {}) as CacheClusterStatus;
  const disruption = createDisruptionJudge({ world, kube, spec, processes: pods.processes, ownsSlots: (region, shard) => regionOf(region).ownsSlots(shard), leaseOf: (region, shard) => regionOf(region).leaseOf(shard).current(), broken, note });

  const faults: OperatorFaults = { ...noOperatorFaults };
  const nodeApi = createSimNodeApi(world, pods.processes, touched);
  const lives: Life[] = [];
  const operatorRng = rng.fork('operator');
  const startOperator = (): void => {
    const life = newLife(operatorRng.chance(0.5));
    lives.push(life);
    note(`operator starts, version ${life.isNext ? 2 : 1}`);
    const access = createOperatorAccess({ world, rng: operatorRng, faults, life, kube: disruption.port, nodes: nodeApi, kill: killOperator, touched, note });
    startClusterController({ kube: access.kube, nodeApi: access.nodeApi, ports: portsOf(life), log: silentLogger, settings: { ...settings, operatorVersion: life.isNext ? '2' : '1', bugs }, workers: 1 });
    touched();
  };
  const portsOf = (life: Life): Ports => {
    const ports = world.portsFor(() => life.alive, undefined, operatorRng);
    const touching = (run: () => void) => (): void => {
      touched();
      run();
    };
    const { timers } = ports;
    return { ...ports, timers: { cancel: timers.cancel, after: (ms, run) => timers.after(ms, touching(run)), every: (ms, run) => timers.every(ms, touching(run)), soon: (run) => timers.soon(touching(run)) } };
  };
  const killOperator = (): void => {
    const life = lives.at(-1);
    if (life?.alive !== true) return;
    life.alive = false;
    for (const one of life.watches) one.drop();
    note('operator is dead');
  };

  return {
    world, network, kube, api, pods, volumes, volumeOf, damaged, regions, regionOf, violations, trace, emptied, broken, note, faults, cluster, spec, status, startOperator, killOperator,
    operator: (): Life | undefined => lives.at(-1),
    regionNames: (): readonly string[] => spec().regions.map(({ name }) => name),
    create: (given: Record<string, unknown>): void => void api.create(resourceTypes.cacheCluster, { apiVersion: 'meridiancache.io/v1alpha1', kind: 'CacheCluster', metadata: { name: clusterName, namespace }, spec: given }, { manager: 'kubectl' }),
    /** A merge patch, as a person sends it. */
    edit(patch: Record<string, unknown>): void {
      note(`edit ${JSON.stringify(patch)}`);
      api.patch(resourceTypes.cacheCluster, namespace, clusterName, { type: 'merge', patch }, { manager: 'kubectl' });
    },
    /** Runs to that time, or until it holds; what promises bring about happens at the virtual time that settled them. */
    async run(untilMs: number, until: () => boolean = () => false): Promise<boolean> {
      while (world.runNext(untilMs)) {
        if (!unsettled) continue;
        unsettled = false;
        await new Promise<void>((resolve) => setImmediate(resolve));
        if (until()) return true;
      }
      return until();
    },
  };
}

export type ClusterWorld = ReturnType<typeof createClusterWorld>;
