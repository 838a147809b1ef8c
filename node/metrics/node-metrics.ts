import type { BusCounters } from '../../shared/bus/counters.ts';
import type { MetricFamily, MetricSample } from './exposition.ts';
import type { SnapshotCounters } from '../snapshot/counters.ts';
import { httpMetrics, type HttpFigures } from './http-figures.ts';
import { namespaceMetrics, type MeasuredNamespace } from './namespace-metrics.ts';

/** What a scrape reads; all of it is kept up to date elsewhere. */
export interface NodeFigures {
  readonly labels: { readonly cluster: string; readonly region: string; readonly shard: string; readonly pod: string };
  readonly version: string;
  readonly role: string;
  readonly serving: boolean;
  readonly epoch: number;
  readonly ownershipVersion: number;
  readonly slotsOwned: number;
  readonly membersAlive: number;
  readonly membersFailed: number;
  readonly commands: number;
  readonly errorReplies: number;
  readonly hits: number;
  readonly misses: number;
  readonly expiredKeys: number;
  readonly evictedKeys: number;
  readonly damagedReads: number;
  readonly keys: number;
  readonly memoryUsedBytes: number;
  readonly memoryLimitBytes: number;
  readonly connections: number;
  readonly connectionsReceived: number;
  readonly connectionsRejected: number;
  readonly inputBytes: number;
  readonly outputBytes: number;
  readonly residentBytes: number;
  readonly cpuSeconds: number;
  readonly eventLoopLagMs: number;
  readonly settingsRevision: number;
  readonly bus: BusCounters;
  readonly admin: BusCounters;
  readonly busSessions: number;
  readonly http: HttpFigures;
  /** Writes are refused for a snapshot. */
  readonly frozen: boolean;
  readonly snapshots: SnapshotCounters;
  readonly snapshotBytes: number;
  readonly namespaces: readonly MeasuredNamespace[];
}

/** The families of /metrics. Names are a promise: docs/metrics and dashboards use them. */
export function nodeMetrics(figures: NodeFigures): readonly MetricFamily[] {
  const { labels } = figures;
  const one = (type: MetricFamily['type']) => (name: string, help: string, value: number): MetricFamily => ({ name: `meridian_${name}`, help, type, samples: [{ labels, value }] });
  const gauge = one('gauge');
  const counter = one('counter');
  const roles = ['primary', 'replica', 'syncing', 'waiting'];
  return [
    { name: 'meridian_node_info', help: 'Always 1; the labels say what runs.', type: 'gauge', samples: [{ labels: { ...labels, version: figures.version }, value: 1 }] },
    { name: 'meridian_role', help: '1 for the role that the node has in its shard.', type: 'gauge', samples: roles.map((role) => ({ labels: { ...labels, role }, value: role === figures.role ? 1 : 0 })) },
    gauge('serving', '1 while the node answers for the slots of its shard.', figures.serving ? 1 : 0),
    gauge('epoch', 'Epoch of the Lease of the shard that the node obeys.', figures.epoch),
    gauge('ownership_version', 'Version of the ownership map that the node obeys.', figures.ownershipVersion),
    gauge('slots_owned', 'Hash slots that the shard of the node owns.', figures.slotsOwned),
    { name: 'meridian_members', help: 'Nodes of the region that this node knows, itself included, by state.', type: 'gauge', samples: [
      { labels: { ...labels, state: 'alive' }, value: figures.membersAlive },
      { labels: { ...labels, state: 'failed' }, value: figures.membersFailed },
    ] },
    counter('commands_total', 'Commands executed.', figures.commands),
    counter('error_replies_total', 'Error replies sent to clients.', figures.errorReplies),
    counter('keyspace_hits_total', 'Reads that found their key.', figures.hits),
    counter('keyspace_misses_total', 'Reads that did not find their key.', figures.misses),
    counter('expired_keys_total', 'Keys removed because their time was over.', figures.expiredKeys),
    counter('evicted_keys_total', 'Keys removed to make room.', figures.evictedKeys),
    counter('damaged_reads_total', 'Reads of entries whose checksum was wrong: they were not served.', figures.damagedReads),
    gauge('keys', 'Keys in memory.', figures.keys),
    gauge('memory_used_bytes', 'Memory that counts against the limit.', figures.memoryUsedBytes),
    gauge('memory_limit_bytes', 'The limit of memory.', figures.memoryLimitBytes),
    gauge('connections', 'Connected clients.', figures.connections),
    counter('connections_received_total', 'Client connections accepted.', figures.connectionsReceived),
    counter('connections_rejected_total', 'Client connections refused because there were too many.', figures.connectionsRejected),
    counter('network_input_bytes_total', 'Bytes received from clients.', figures.inputBytes),
    counter('network_output_bytes_total', 'Bytes sent to clients.', figures.outputBytes),
    gauge('resident_memory_bytes', 'Resident memory of the process.', figures.residentBytes),
    counter('cpu_seconds_total', 'User and system time of the process.', figures.cpuSeconds),
    gauge('event_loop_lag_seconds', 'Longest delay of a timer over the last seconds.', figures.eventLoopLagMs / 1000),
    gauge('settings_revision', 'Revision of the settings in force.', figures.settingsRevision),
    gauge('writes_frozen', '1 while writes are refused because a snapshot of the shard is kept.', figures.frozen ? 1 : 0),
    gauge('snapshot_bytes', 'Bytes of the snapshot that is being written, is kept, or is being loaded.', figures.snapshotBytes),
    counter('snapshots_written_total', 'Snapshots of the shard that are complete, read back, and named by its Lease.', figures.snapshots.written),
    counter('snapshots_failed_total', 'Snapshots of the shard that could not be kept; the node went on serving.', figures.snapshots.failed),
    counter('snapshots_loaded_total', 'Starts with the data of a snapshot.', figures.snapshots.loaded),
    { name: 'meridian_snapshots_refused_total', help: 'Snapshots on the volume that were not loaded, by reason.', type: 'counter', samples: Object.entries(figures.snapshots.refused).map(([reason, value]) => ({ labels: { ...labels, reason }, value })) },
    gauge('bus_sessions', 'Open connections to other nodes.', figures.busSessions),
    { name: 'meridian_bus_sessions_opened_total', help: 'Connections that proved themselves, by port.', type: 'counter', samples: [
      { labels: { ...labels, port: 'bus' }, value: figures.bus.opened },
      { labels: { ...labels, port: 'admin' }, value: figures.admin.opened },
    ] },
    { name: 'meridian_bus_refused_total', help: 'Connections refused or closed for cause, by port and error code.', type: 'counter', samples: [...refused('bus', figures.bus, labels), ...refused('admin', figures.admin, labels)] },
    ...namespaceMetrics(labels, figures.namespaces),
    ...httpMetrics(labels, figures.http),
  ];
}

function refused(port: string, counters: BusCounters, labels: Readonly<Record<string, string>>): MetricSample[] {
  return Object.entries(counters.refused).map(([code, value]) => ({ labels: { ...labels, port, code }, value }));
}
