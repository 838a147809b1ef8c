import { join } from 'node:path';
import type { SnapshotStatus } from '../../shared/admin/contract.ts';
import type { Disk } from '../../shared/io/disk.ts';
import type { NamespacesDocument } from '../../shared/namespaces/document.ts';
import type { Logger } from '../../shared/log/log.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import type { MoveHooks } from '../copies/contract.ts';
import type { KubeLeasePort } from '../lease/port.ts';
import type { ServerNodeContext } from '../server/create-node-context.ts';
import type { Region } from '../topology/region.ts';
import { newSnapshotCounters, type SnapshotCounters } from './counters.ts';
import type { SnapshotHead } from './format.ts';
import { createHibernation, snapshotName } from './hibernation.ts';
import type { SnapshotBugs } from './planted-bugs.ts';
import { mayWake, wake, type Held } from './waking.ts';

export interface SnapshotKeeperOptions {
  readonly ports: Ports;
  readonly log: Logger;
  readonly context: ServerNodeContext;
  readonly disk: Disk;
  /** The pod's volume. */
  readonly folder: string;
  readonly self: Pick<SnapshotHead, 'clusterUid' | 'region' | 'shard' | 'pod' | 'incarnation'>;
  readonly region: () => Region;
  readonly moves: { readonly hooks: Pick<MoveHooks, 'head' | 'ledger'>; status(): { readonly moves?: readonly unknown[] } };
  readonly lease: Pick<KubeLeasePort, 'read'>;
  readonly readNamespaces: () => Promise<unknown>;
  readonly emptyAfterMs: () => number;
  /** Who writes the Lease: the claim of a shard of one copy, or the member of its replication. */
  readonly bugs?: SnapshotBugs;
  readonly writer: () => { seal(snapshot: string | undefined): void; readonly sealed: string | undefined; readonly settled?: boolean } | undefined;
}

/** What a node does with its volume: keeps a snapshot of its shard when it is told to, and begins with one where the Lease says so. */
export interface SnapshotKeeper {
  /** What the store was filled from, until that is served. */
  readonly held: Held | undefined;
  readonly status: SnapshotStatus | undefined;
  readonly counters: SnapshotCounters;
  hibernate(on: boolean): SnapshotStatus | undefined;
  /** Calls `begin` when the node may take its place in the shard: with a snapshot on the volume, once that is loaded or refused. */
  start(begin: () => void): void;
  /** The view of the region has changed: this node may serve by now. */
  changed(): void;
  stop(): void;
}

export function createSnapshotKeeper(options: SnapshotKeeperOptions): SnapshotKeeper {
  const { ports, log, context, disk, folder, self, region, bugs } = options;
  const counters = newSnapshotCounters();
  const { invalidations } = context.internals.tenants;
  let held: Held | undefined;
  let loading: SnapshotStatus | undefined;
  let stopWaking = (): void => undefined;
  const serves = (): boolean => region().notServing === undefined;
  const hibernation = createHibernation({
    ports, log, store: context.store, disk, folder, counters, bugs,
    head: () => ({
      ...self, epoch: region().lease?.epoch ?? 0, ownershipVersion: region().map?.version ?? 0, shardMs: context.copies?.shardMs() ?? Math.floor(ports.clock.wallMs()),
      namespaces: Array.from(context.namespaces?.tenants() ?? [], ({ name, uid }) => ({ name, uid })),
    }),
    first: options.moves.hooks.head,
    leads: serves,
    moves: () => options.moves.status().moves?.length ?? 0,
    // An invalidation that began before goes on until it is through.
    settled: () => invalidations.running === 0 && options.writer()?.settled !== false,
    freeze: (frozen) => (context.frozen = frozen),
    lease: {
      seal: (snapshot) => options.writer()?.seal(snapshot),
      get named() {
        return region().lease?.sealed;
      },
      get possible() {
        return options.writer()?.sealed;
      },
    },
  });

  function beginWaking(begin: () => void): void {
    const waking = wake({
      ports, log, context, disk, folder, counters, self, bugs,
      readLease: () => options.lease.read(),
      readRetired: async () => new Set(((await options.readNamespaces()) as NamespacesDocument | undefined)?.retired.map(({ uid }) => uid)),
      patienceMs: options.emptyAfterMs,
      onLedger: options.moves.hooks.ledger,
      onStatus(status) {
        loading = status;
        if (!serves()) region().standBy(region().lease, 'the snapshot on the volume is being loaded');
      },
    });
    stopWaking = () => waking.stop();
    void waking.held.then((found) => {
      held = found;
      begin();
    });
  }

  return {
    get held() {
      return held;
    },
    get status() {
      return hibernation.status ?? loading;
    },
    counters,
    hibernate: (on) => hibernation.hibernate(on),
    start: (begin) => (mayWake(disk, folder) ? beginWaking(begin) : begin()),
    changed() {
      if (!serves()) return;
      loading = undefined;
      if (held === undefined) return;
      // Under a Lease that names it no more: from the first write on it is an old one.
      held = undefined;
      counters.loaded += 1;
      disk.remove(join(folder, snapshotName)).catch((error: unknown) => log.warn('the snapshot could not be removed from the volume', { error }));
    },
    stop() {
      stopWaking();
      hibernation.stop();
    },
  };
}
