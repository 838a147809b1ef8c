import { boundNamespaces, keysOf } from '../../bound-namespaces.ts';
import type { Call } from '../../spec.ts';
import { redisVersion } from '../../connection/hello.ts';
import { humanBytes } from './human-bytes.ts';
import { residentBytes } from './resident-bytes.ts';
import { commandSection, errorSection, statisticsSection } from './statistics.ts';

export type InfoFields = readonly (readonly [string, string | number])[];

function server({ node, nowMs }: Call): InfoFields {
  const { statistics, process } = node.server;
  const uptime = Math.max(0, Math.floor((nowMs - statistics.startedAtMs) / 1000));
  return [
    ['redis_version', redisVersion],
    ['redis_git_sha1', '00000000'],
    ['redis_git_dirty', 0],
    ['redis_build_id', process.runId.slice(0, 16)],
    ['redis_mode', 'cluster'],
    ['meridian_version', process.version],
    ['os', process.os],
    ['arch_bits', 64],
    ['monotonic_clock', 'POSIX clock_gettime'],
    ['multiplexing_api', process.ioBackend],
    ['process_id', process.pid],
    ['process_supervised', 'no'],
    ['run_id', process.runId],
    ['tcp_port', node.cluster.self.redisPort],
    ['server_time_usec', nowMs * 1000],
    ['uptime_in_seconds', uptime],
    ['uptime_in_days', Math.floor(uptime / 86_400)],
    ['hz', 10],
    ['configured_hz', 10],
    ['executable', process.executable],
    ['config_file', ''],
    ['io_threads_active', 0],
  ];
}

function clients({ node }: Call): InfoFields {
  const all = [...node.server.clients.all()];
  return [
    ['connected_clients', all.length],
    ['cluster_connections', Math.max(0, node.cluster.members.length - 1) * 2],
    ['maxclients', node.server.settings.get('maxclients') ?? '0'],
    ['client_recent_max_input_buffer', Math.max(0, ...all.map((client) => client.output.inputBytes))],
    ['client_recent_max_output_buffer', Math.max(0, ...all.map((client) => client.output.pendingBytes))],
    ['blocked_clients', all.filter((client) => client.blocked).length],
    ['tracking_clients', node.server.tracking.clients],
    ['clients_in_timeout_table', 0],
  ];
}

const ratio = (a: number, b: number): string => (b > 0 ? (a / b).toFixed(2) : '1.00');
const percent = (part: number, whole: number): string => `${whole > 0 ? Math.min(100, (part / whole) * 100).toFixed(2) : '0.00'}%`;

/** Redis' names where the figure is the same thing. Memory of the program itself, which is there without a key, is in `used_memory_rss` alone. */
function memory({ node }: Call): InfoFields {
  const facts = node.storeView?.facts();
  const used = facts?.usedBytes ?? 0;
  const peak = facts?.peakBytes ?? used;
  const empty = facts?.emptyBytes ?? 0;
  const committed = facts?.committedBytes ?? used;
  const limit = facts?.limitBytes ?? 0;
  const overhead = facts?.overheadBytes ?? 0;
  const dataset = used - overhead;
  const rss = node.server.process.rssBytes();
  const resident = residentBytes(node, empty);
  const { systemMemoryBytes } = node.server.process;
  return [
    ['used_memory', used],
    ['used_memory_human', humanBytes(used)],
    ['used_memory_rss', rss],
    ['used_memory_rss_human', humanBytes(rss)],
    ['used_memory_peak', peak],
    ['used_memory_peak_human', humanBytes(peak)],
    ['used_memory_peak_perc', percent(used, peak)],
    ['used_memory_overhead', overhead],
    ['used_memory_startup', empty],
    ['used_memory_dataset', dataset],
    ['used_memory_dataset_perc', percent(dataset, used - empty)],
    ['allocator_allocated', used],
    ['allocator_active', committed],
    ['allocator_resident', resident],
    ['total_system_memory', systemMemoryBytes],
    ['total_system_memory_human', humanBytes(systemMemoryBytes)],
    ['used_memory_lua', 0],
    ['used_memory_scripts', 0],
    ['maxmemory', limit],
    ['maxmemory_human', humanBytes(limit)],
    ['maxmemory_policy', facts?.evictionPolicy ?? 'noeviction'],
    ['allocator_frag_ratio', ratio(committed, used)],
    ['allocator_frag_bytes', committed - used],
    ['rss_overhead_ratio', ratio(rss, resident)],
    ['rss_overhead_bytes', rss - resident],
    ['mem_fragmentation_ratio', ratio(resident, used)],
    ['mem_fragmentation_bytes', resident - used],
    ['mem_not_counted_for_evict', 0],
    ['mem_clients_slaves', 0],
    ['mem_clients_normal', facts?.clientBytes ?? 0],
    ['mem_cluster_links', 0],
    ['mem_aof_buffer', 0],
    ['mem_allocator', 'meridian-slab'],
    ['active_defrag_running', 0],
    ['lazyfree_pending_objects', 0],
    ['lazyfreed_objects', 0],
  ];
}

/** Nothing is written to a disk by the Redis protocol: what monitoring asks for is answered as by a server without snapshots. */
function persistence({ node }: Call): InfoFields {
  return [
    ['loading', 0],
    ['async_loading', 0],
    // Nothing was ever saved: all writes count.
    ['rdb_changes_since_last_save', node.store.slotSequence.reduce((sum, writes) => sum + writes, 0)],
    ['rdb_bgsave_in_progress', 0],
    ['rdb_last_save_time', 0],
    ['rdb_last_bgsave_status', 'ok'],
    ['rdb_last_bgsave_time_sec', -1],
    ['rdb_current_bgsave_time_sec', -1],
    ['rdb_saves', 0],
    ['aof_enabled', 0],
    ['aof_rewrite_in_progress', 0],
    ['aof_last_bgrewrite_status', 'ok'],
    ['aof_last_write_status', 'ok'],
  ];
}

function replication({ node }: Call): InfoFields {
  const { cluster } = node;
  const { self } = cluster;
  const primary = cluster.primaryOf(self.shard);
  const replicas = cluster.members.filter((member) => member.shard === self.shard && member.id !== primary?.id);
  if (self.role === 'replica') {
    return [
      ['role', 'slave'],
      ['master_host', primary?.host ?? ''],
      ['master_port', primary?.redisPort ?? 0],
      ['master_link_status', primary === undefined ? 'down' : 'up'],
      ['slave_repl_offset', node.copies?.offsetOf(undefined) ?? 0],
      ['slave_priority', 100],
      ['slave_read_only', 1],
      ['connected_slaves', 0],
      ['master_repl_offset', node.copies?.offsetOf(undefined) ?? 0],
    ];
  }
  const lines = replicas.map((one, i): readonly [string, string] => [`slave${i}`, `ip=${one.ip},port=${one.redisPort},state=${one.health === 'online' ? 'online' : 'wait_bgsave'},offset=${node.copies?.offsetOf(one.pod) ?? 0},lag=0`]);
  return [['role', 'master'], ['connected_slaves', replicas.length], ...lines, ['master_failover_state', 'no-failover'], ['master_replid', node.server.process.runId], ['master_repl_offset', node.copies?.offsetOf(undefined) ?? 0], ['repl_backlog_active', 0], ['repl_backlog_size', 0]];
}

function cpu({ node }: Call): InfoFields {
  const usage = node.server.process.cpuMicroseconds();
  const seconds = (microseconds: number): string => (microseconds / 1e6).toFixed(6);
  return [['used_cpu_sys', seconds(usage.system)], ['used_cpu_user', seconds(usage.user)], ['used_cpu_sys_children', '0.000000'], ['used_cpu_user_children', '0.000000']];
}

function keyspace(call: Call): InfoFields {
  const { node } = call;
  const bound = boundNamespaces(call, 'read');
  if (bound !== undefined) {
    const keys = keysOf(call, bound);
    return keys === 0 ? [] : [['db0', `keys=${keys},expires=0,avg_ttl=0`]];
  }
  const facts = node.storeView?.facts();
  if (facts === undefined || facts.keys === 0) return [];
  return [['db0', `keys=${facts.keys},expires=${facts.keysWithExpiry},avg_ttl=${Math.round(facts.averageTtlMs)}`]];
}

/** Sections by their printed names, in Redis' order. */
export const infoSections: Readonly<Record<string, (call: Call) => InfoFields>> = {
  Server: server,
  Clients: clients,
  Memory: memory,
  Persistence: persistence,
  Stats: statisticsSection,
  Replication: replication,
  CPU: cpu,
  Modules: () => [],
  Commandstats: commandSection,
  Errorstats: errorSection,
  Cluster: () => [['cluster_enabled', 1]],
  Keyspace: keyspace,
};

export const everySection = Object.keys(infoSections);
export const defaultSections = everySection.filter((name) => name !== 'Commandstats');
