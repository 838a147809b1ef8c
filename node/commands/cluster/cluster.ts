import type { CommandSpec } from '../spec.ts';
import { helpSubcommand } from '../subcommand.ts';
import { clusterInfo, clusterMyid, clusterMyshardid } from './identity.ts';
import { clusterCountFailureReports, clusterCountkeysinslot, clusterGetkeysinslot, clusterKeyslot } from './slot-queries.ts';
import { clusterLinks, clusterNodes, clusterReplicas, clusterShards, clusterSlots } from './topology.ts';

export const cluster: CommandSpec = {
  name: 'cluster',
  summary: 'A container for cluster commands.',
  since: '3.0.0',
  group: 'cluster',
  complexity: 'Depends on subcommand.',
  arity: -2,
  flags: [],
  categories: [],
  keys: [],
  subcommands: [
    clusterInfo,
    clusterMyid,
    clusterMyshardid,
    clusterNodes,
    clusterSlots,
    clusterShards,
    clusterLinks,
    clusterReplicas,
    clusterKeyslot,
    clusterCountkeysinslot,
    clusterGetkeysinslot,
    clusterCountFailureReports,
    helpSubcommand('cluster', 'cluster', '5.0.0', [
      'COUNTKEYSINSLOT <slot>',
      '    Return the number of keys in <slot>.',
      'GETKEYSINSLOT <slot> <count>',
      '    Return key names stored by current node in a slot.',
      'INFO',
      '    Return information about the cluster.',
      'KEYSLOT <key>',
      '    Return the hash slot for <key>.',
      'LINKS',
      '    Return information about all network links between this node and its peers.',
      'MYID',
      '    Return the node id.',
      'NODES',
      '    Return cluster configuration seen by node.',
      'REPLICAS <node-id>',
      '    Return <node-id> replicas.',
      'SHARDS',
      '    Return information about slot range mappings and the nodes associated with them.',
      'SLOTS',
      '    Return information about slots range mappings.',
    ]),
  ],
};
