import type { NodeStatus } from '../shared/admin/contract.ts';
import type { BusCounters } from '../shared/bus/counters.ts';
import type { NodeNamespaces } from '../shared/namespaces/document.ts';
import type { Settings } from './config/live-settings.ts';
import type { Store } from './engine/store.ts';
import type { Health } from './http/api.ts';
import type { HttpFigures } from './metrics/http-figures.ts';
import type { NodeFigures } from './metrics/node-metrics.ts';
import type { ServerNodeContext } from './server/create-node-context.ts';
import type { SnapshotKeeper } from './snapshot/keeper.ts';
import type { Region } from './topology/region.ts';

/** Everything that reports read from. */
export interface Reported {
  readonly moves: () => Pick<NodeStatus, 'moves' | 'targetsGeneration'>;
  readonly region: Region;
  readonly store: Store;
  readonly context: ServerNodeContext;
  readonly settings: () => Settings;
  readonly cluster: string;
  readonly version: string;
  readonly redisListens: () => boolean;
  readonly lagMs: () => number;
  readonly bus: { readonly counters: BusCounters; readonly sessions: number };
  readonly admin: { readonly counters: BusCounters };
  readonly takeover: () => NodeStatus['takeover'];
  readonly http: () => HttpFigures;
  readonly snapshots: Pick<SnapshotKeeper, 'status' | 'counters'>;
}

/** Undefined: primary under a committed Lease (or, with replication, in sync). Else why not. */
export function notReadyReason(node: Reported): string | undefined {
  if (!node.redisListens()) return 'the Redis port is closed';
  return node.region.members.self.role === 'replica' ? undefined : node.region.notServing;
}

export function statusOf(node: Reported): NodeStatus {
  const { region, store, context } = node;
  const { self } = region.members;
  const ranges = region.view.rangesOf(self.shard);
  const settings = node.settings();
  return {
    formatVersion: 1,
    pod: self.pod,
    podUid: self.uid,
    incarnation: self.incarnation,
    version: node.version,
    region: self.region,
    shard: self.shard,
    role: self.role,
    epoch: region.lease?.epoch ?? 0,
    primary: region.lease?.primary,
    isr: [...(region.lease?.isr ?? [])],
    slotsOwned: countSlots(ranges),
    ...node.moves(),
    ownedRanges: (region.map?.ranges ?? []).filter(({ shard }) => shard === self.shard).map(({ from, to, generation }) => ({ from, to, generation })),
    ownershipVersion: region.map?.version ?? 0,
    keys: store.entryCount,
    memoryUsedBytes: store.usedBytes,
    memoryLimitBytes: settings.memoryBytes,
    opsPerSecond: context.server.statistics.operationsPerSecond,
    replicationLagMs: node.context.copies === undefined || self.role !== 'replica' ? undefined : node.context.copies.lagMs,
    takeover: self.role === 'primary' ? node.takeover() : undefined,
    snapshot: node.snapshots.status ?? missingSnapshot(region),
    configRevision: settings.revision === 0 ? undefined : String(settings.revision),
    namespacesRevision: node.context.namespaces?.revision || undefined,
    notServing: notReadyReason(node),
  };
}

/** The Lease names a snapshot of this pod's that is not there: it waits as long as a shard whose copies are gone. */
function missingSnapshot({ lease, members: { self }, notServing }: Region): NodeStatus['snapshot'] {
  if (lease?.sealed === undefined || lease.primary !== self.pod || notServing === undefined) return undefined;
  return { phase: 'refused', id: lease.sealed, keys: 0, bytes: 0, message: 'the snapshot that the Lease names is not on the volume' };
}

export function namespaceFiguresOf({ region, context }: Reported): NodeNamespaces {
  return { revision: context.namespaces?.revision ?? 0, leads: region.members.self.role === 'primary', namespaces: [...(context.namespaces?.figures() ?? [])] };
}

export function healthOf(node: Reported): Health {
  return { reason: notReadyReason(node), redisListens: node.redisListens(), memoryUsedBytes: node.store.usedBytes, memoryLimitBytes: node.settings().memoryBytes };
}

export function figuresOf(node: Reported): NodeFigures {
  const { region, store, context } = node;
  const { statistics, clients } = context.server;
  const status = statusOf(node);
  const cpu = process.cpuUsage();
  const failed = region.view.members.filter((member) => member.health === 'failed').length;
  return {
    labels: { cluster: node.cluster, region: status.region, shard: String(status.shard), pod: status.pod },
    version: node.version,
    role: status.role,
    serving: region.notServing === undefined,
    epoch: status.epoch,
    ownershipVersion: status.ownershipVersion,
    slotsOwned: status.slotsOwned,
    membersAlive: region.view.members.length - failed,
    membersFailed: failed,
    commands: statistics.commandsProcessed,
    errorReplies: statistics.errorReplies,
    hits: store.hits,
    misses: store.misses,
    expiredKeys: store.expiredKeys,
    evictedKeys: store.evictedKeys,
    damagedReads: store.damagedReads,
    keys: store.entryCount,
    memoryUsedBytes: store.usedBytes,
    memoryLimitBytes: status.memoryLimitBytes,
    connections: clients.count,
    connectionsReceived: statistics.connectionsReceived,
    connectionsRejected: statistics.connectionsRejected,
    inputBytes: statistics.inputBytes,
    outputBytes: statistics.outputBytes,
    residentBytes: process.memoryUsage.rss(),
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    eventLoopLagMs: node.lagMs(),
    settingsRevision: node.settings().revision,
    bus: node.bus.counters,
    admin: node.admin.counters,
    busSessions: node.bus.sessions,
    http: node.http(),
    frozen: context.frozen === true,
    snapshots: node.snapshots.counters,
    snapshotBytes: status.snapshot?.bytes ?? 0,
    namespaces: context.namespaces?.measured() ?? [],
  };
}

const countSlots = (ranges: readonly (readonly [number, number])[]): number => ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0);
