import type { Call } from '../../spec.ts';
import type { InfoFields } from './sections.ts';

export function statisticsSection({ node }: Call): InfoFields {
  const { statistics, channels, tracking } = node.server;
  const facts = node.storeView?.facts();
  const kbps = (bytes: number): string => (bytes / 1024).toFixed(2);
  return [
    ['total_connections_received', statistics.connectionsReceived],
    ['total_commands_processed', statistics.commandsProcessed],
    ['instantaneous_ops_per_sec', Math.round(statistics.operationsPerSecond)],
    ['total_net_input_bytes', statistics.inputBytes],
    ['total_net_output_bytes', statistics.outputBytes],
    ['total_net_repl_input_bytes', 0],
    ['total_net_repl_output_bytes', 0],
    ['instantaneous_input_kbps', kbps(statistics.inputBytesPerSecond)],
    ['instantaneous_output_kbps', kbps(statistics.outputBytesPerSecond)],
    ['instantaneous_input_repl_kbps', '0.00'],
    ['instantaneous_output_repl_kbps', '0.00'],
    ['rejected_connections', statistics.connectionsRejected],
    ['sync_full', 0],
    ['sync_partial_ok', 0],
    ['sync_partial_err', 0],
    ['expired_keys', facts?.expiredKeys ?? 0],
    ['expired_stale_perc', '0.00'],
    ['expired_time_cap_reached_count', 0],
    ['expire_cycle_cpu_milliseconds', 0],
    ['evicted_keys', facts?.evictedKeys ?? 0],
    ['evicted_clients', statistics.clientsEvicted],
    ['total_eviction_exceeded_time', 0],
    ['current_eviction_exceeded_time', 0],
    ['keyspace_hits', facts?.hits ?? 0],
    ['keyspace_misses', facts?.misses ?? 0],
    ['pubsub_channels', channels.channelCount()],
    ['pubsub_patterns', channels.patternCount()],
    ['pubsubshard_channels', channels.shardChannelCount()],
    ['latest_fork_usec', 0],
    ['total_forks', 0],
    ['migrate_cached_sockets', 0],
    ['slave_expires_tracked_keys', 0],
    ['active_defrag_hits', 0],
    ['tracking_total_keys', tracking.keys],
    ['tracking_total_items', tracking.items],
    ['tracking_total_prefixes', tracking.prefixes],
    ['unexpected_error_replies', statistics.unexpectedErrors],
    ['total_error_replies', statistics.errorReplies],
    ['dump_payload_sanitizations', 0],
    ['total_reads_processed', statistics.commandsProcessed],
    ['total_writes_processed', statistics.commandsProcessed],
    ['acl_access_denied_auth', statistics.aclDeniedAuth],
    ['acl_access_denied_cmd', statistics.aclDeniedCommand],
    ['acl_access_denied_key', statistics.aclDeniedKey],
    ['acl_access_denied_channel', statistics.aclDeniedChannel],
    ['client_output_buffer_limit_disconnections', statistics.outputLimitDisconnections],
  ];
}

export function commandSection({ node }: Call): InfoFields {
  return node.server.table.commands
    .flatMap((command) => [command, ...(command.subcommands?.commands ?? [])])
    .filter(({ counters }) => counters.calls + counters.rejected > 0)
    .map(({ name, counters }) => {
      const { calls, microseconds, rejected, failed } = counters;
      const each = calls > 0 ? (microseconds / calls).toFixed(2) : '0.00';
      return [`cmdstat_${name}`, `calls=${calls},usec=${Math.round(microseconds)},usec_per_call=${each},rejected_calls=${rejected},failed_calls=${failed}`];
    });
}

export function errorSection({ node }: Call): InfoFields {
  return [...node.server.statistics.errorsByWord].map(([word, count]) => [`errorstat_${word}`, `count=${count}`]);
}
