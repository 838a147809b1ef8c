import type { LocalKube } from '../../../local/kube/local-kube.ts';
import type { MoveBugs } from '../../../node/replication/moves/planted-bugs.ts';
import type { SnapshotBugs } from '../../../node/snapshot/planted-bugs.ts';
import type { Ports } from '../../../shared/ports/ports.ts';
import { ShardNode } from '../moves/shard-node.ts';
import { createWires } from '../moves/wires.ts';
import type { SimDisk } from '../world/disk.ts';
import type { createNetwork } from '../world/network.ts';
import type { Rng } from '../world/rng.ts';
import type { Scheduler } from '../world/scheduler.ts';
import { createNodeAccess } from './node-access.ts';
import type { SimProcess } from './sim-pods.ts';
import { createTranslation, isNext } from './versions.ts';
import { createSimSnapshots, snapshotPath, type SimSnapshots } from './sim-snapshots.ts';

export interface RegionOptions {
  readonly world: Scheduler;
  readonly network: ReturnType<typeof createNetwork>;
  readonly rng: Rng;
  readonly kube: Pick<LocalKube, 'api'>;
  readonly place: { readonly namespace: string; readonly cluster: string; readonly region: string };
  readonly bugs: MoveBugs;
  readonly note: (line: string) => void;
  readonly broken: (what: string) => void;
  readonly emptied: (node: ShardNode) => void;
  readonly imageOf: (pod: string) => string | undefined;
  /** The operator is of a later build. */
  readonly byNext: () => boolean;
  readonly volumeOf: (claim: string) => SimDisk;
  /** Timers of a process end with it, and rest while it stands still. */
  readonly portsOf: (process: SimProcess) => Ports;
  readonly snapshotBugs: SnapshotBugs;
}

const emptyAfterMs = 3_000;

const limits = { leastSlots: 64, mostSlots: 3_000, batchBytes: 3, mostMoves: 3, mostBytes: 1_000, window: 2, mostPauseMs: 200, betweenOrdersMs: 200 };

/** The nodes of one region, whichever of them run: their bus, and their way to the API server. */
export function createClusterRegion({ world, network, rng, kube, place, bugs, note, broken, emptied, imageOf, byNext, volumeOf, portsOf, snapshotBugs }: RegionOptions) {
  const wires = createWires({ world, network, rng: rng.fork('wires'), note, translation: createTranslation({ imageOf, broken }) });
  const access = createNodeAccess(world, rng.fork('access'), kube, { ...place, isNext: (host) => isNext(imageOf(host)), byNext });
  const leases = new Map<number, ReturnType<typeof access.lease>>();
  const leaseOf = (shard: number): ReturnType<typeof access.lease> => {
    const lease = leases.get(shard) ?? access.lease(shard);
    leases.set(shard, lease);
    return lease;
  };
  let started = 0;
  const begin = (process: SimProcess, own: Rng, incarnation: string, make: () => SimSnapshots, held: ReturnType<SimSnapshots['held']>): void => {
    const node = new ShardNode(process.pod, process.shard, incarnation, process.podUid, {
      held, redirects: true, isFrozen: () => process.snapshots?.isFrozen() === true, serving: () => process.snapshots?.keeper.changed(),
      world, rng: own, lease: leaseOf(process.shard), maps: access.maps, bugs, wires, limits, emptied, note, tickMs: 40,
      minInSync: () => process.config.minInSync,
      readTargets: (one, answer) => access.readTargets(one.name, (targets) => one.run(() => answer(targets))),
      executes(one, slot) {
        for (const other of wires.rivals(one, slot)) broken(`slot ${slot} is answered by ${one.name} while ${other.name} serves it`);
      },
    });
    process.makeSnapshots = process.claim === undefined ? undefined : make;
    process.node = node;
    wires.up(node);
    note(`${process.pod} starts with ${process.image}${held === undefined ? '' : ' and its snapshot'}`);
  };
  return {
    name: place.region,
    wires,
    access,
    leaseOf,
    ownsSlots(shard: number): boolean {
      const map = access.map();
      return map?.ranges.some((one) => one.shard === shard) === true || map?.moves.some((one) => one.source === shard || one.target === shard) === true;
    },
    /** Whoever leads a shard has read the targets that there are. */
    isInformed(): boolean {
      const generation = access.targets()?.generation;
      return wires.living().every((node) => !node.leads || node.targets?.generation === generation);
    },
    /** Its node, once what is on its volume has been looked at. */
    boot(process: SimProcess): void {
      started += 1;
      const own = rng.fork(`${process.pod} ${started}`);
      const incarnation = Array.from({ length: 4 }, () => own.u32().toString(16).padStart(8, '0')).join('');
      const volume = process.claim === undefined ? undefined : volumeOf(process.claim);
      const ports = portsOf(process);
      const make = (): SimSnapshots => (process.snapshots ??= createSimSnapshots({
        ports, disk: (volume as SimDisk).disk, self: { region: place.region, shard: process.shard, pod: process.pod, incarnation }, node: () => process.node, readLease: () => leaseOf(process.shard).sight(process.pod), emptyAfterMs, bugs: snapshotBugs,
      }));
      if (volume?.disk.exists(snapshotPath) !== true) return begin(process, own, incarnation, make, undefined);
      const { keeper, held } = make();
      return keeper.start(() => {
        if (process.isOver()) return;
        begin(process, own, incarnation, make, held());
      });
    },
  };
}

export type ClusterRegion = ReturnType<typeof createClusterRegion>;
