import type { KubeObject, KubePort } from '../operator/kube/port.ts';
import { resourceTypes } from '../operator/kube/types.ts';
import type { NodeStatus } from '../shared/admin/contract.ts';
import { MeridianError } from '../shared/errors/meridian-error.ts';
import { labels } from '../shared/kube/names.ts';
import { parseFlags, placeUsage, withKube } from './flags.ts';
import type { Connection } from './kube.ts';
import { readBusKey, withNode } from './node-connection.ts';
import { namespacesOf } from './namespaces.ts';
import { asCluster, readCluster, readShards, type Cluster, type Shard } from './shards.ts';
import { table } from './table.ts';

const usage = `meridian status [CLUSTER] — clusters; with a name its regions and shards as the Leases, ownership maps and nodes have them, and its namespaces

  -A, --all-namespaces
${placeUsage}`;

export async function runStatusCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, { 'all-namespaces': { type: 'boolean', short: 'A' } });
  if (values.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  if (positionals.length > 1) throw new MeridianError('USAGE', { detail: `meridian status takes one cluster, not "${positionals.join(' ')}"` });
  return await withKube(values, async (connection, namespace) => {
    const [name] = positionals;
    process.stdout.write(name === undefined ? await listing(connection.kube, values['all-namespaces'] === true ? undefined : namespace) : await details(connection, namespace, name));
    return 0;
  });
}

const conditionText = (cluster: Cluster, type: string): string => cluster.status?.conditions?.find((condition) => condition.type === type)?.status ?? 'Unknown';

async function listing(kube: KubePort, namespace: string | undefined): Promise<string> {
  const { items } = await kube.list(resourceTypes.cacheCluster, { namespace });
  if (items.length === 0) return 'There are no CacheClusters here.\n';
  const rows = items.map(asCluster).map((cluster) => [`${cluster.metadata.namespace}/${cluster.metadata.name}`, conditionText(cluster, 'Ready'), cluster.status?.phase ?? '', `${cluster.spec.regions.length} × ${cluster.status?.shards ?? cluster.spec.shards}`, cluster.spec.memory.toString()]);
  return `${table([['CLUSTER', 'READY', 'PHASE', 'REGIONS × SHARDS', 'MEMORY'], ...rows])}\n`;
}

async function details(connection: Connection, namespace: string, name: string): Promise<string> {
  const cluster = await readCluster(connection.kube, namespace, name);
  const conditions = (cluster.status?.conditions ?? []).map((condition) => [condition.type, condition.status, condition.reason, condition.message]);
  const rows: string[][] = [];
  const { reports, fault } = await askCopies(connection, namespace, cluster);
  for (const region of cluster.spec.regions) {
    const shards = await readShards(connection.kube, namespace, cluster, region.name);
    rows.push(...(shards?.map((shard) => shardRow(shard, reports)) ?? [[region.name, '-', 'no ownership map', '-', '-', '-', '-', '-']]));
  }
  const head = ['REGION', 'SHARD', 'SLOTS', 'EPOCH', 'PRIMARY', 'INCARNATION', 'LAG', 'IN SYNC'];
  const remark = fault === undefined ? '' : `\nLAG is not known: ${fault}\n`;
  return `${namespace}/${name}: ${cluster.status?.phase ?? 'unknown'}\n\n${table([['CONDITION', 'STATUS', 'REASON', 'MESSAGE'], ...conditions])}\n\n${table([head, ...rows])}\n${remark}${await namespacesOf(connection.kube, namespace, name)}`;
}

/** Digits of an incarnation that tell it from any other at a glance. */
const shownDigits = 8;

function shardRow({ region, shard, slots, epoch, primary, config }: Shard, reports: ReadonlyMap<string, NodeStatus>): string[] {
  const incarnation = config?.incarnations[primary ?? '']?.slice(0, shownDigits) ?? '-';
  return [region, `${shard}`, `${slots}`, `${epoch ?? '-'}`, primary ?? 'none', incarnation, lagOf(config?.isr.filter((pod) => pod !== primary), reports), config?.isr.join(' ') ?? 'unknown'];
}

/** The copy in sync that is furthest behind. */
function lagOf(copies: readonly string[] | undefined, reports: ReadonlyMap<string, NodeStatus>): string {
  if (copies === undefined || copies.length === 0) return '-';
  const lags = copies.map((pod) => reports.get(pod)?.replicationLagMs);
  return lags.every((lag) => lag !== undefined) ? `${Math.max(...lags)} ms` : 'unknown';
}

const mostAsked = 64;
const askedAtOnce = 8;
const nodeTimeoutMs = 2_000;

/** What the nodes say of themselves, by pod name; a reader who may not ask them still sees what the objects say. */
async function askCopies(connection: Connection, namespace: string, cluster: Cluster): Promise<{ readonly reports: ReadonlyMap<string, NodeStatus>; readonly fault?: string }> {
  const reports = new Map<string, NodeStatus>();
  if (cluster.spec.regions.every((region) => (region.replicas ?? cluster.spec.replicas) === 0)) return { reports };
  try {
    const busKey = await readBusKey(connection.kube, namespace, cluster.metadata.name);
    const { items } = await connection.kube.list(resourceTypes.pod, { namespace, labelSelector: `${labels.clusterUid}=${cluster.metadata.uid ?? ''}` });
    if (items.length > mostAsked) return { reports, fault: `${items.length} pods are too many to be asked one by one` };
    const waiting = [...items];
    const ask = async (): Promise<void> => {
      for (let pod = waiting.pop(); pod !== undefined; pod = waiting.pop()) {
        const status = await statusOf(connection, pod, busKey);
        if (status !== undefined) reports.set(status.pod, status);
      }
    };
    await Promise.all(Array.from({ length: askedAtOnce }, ask));
    return { reports };
  } catch (error) {
    return { reports, fault: error instanceof Error ? error.message : String(error) };
  }
}

const statusOf = (connection: Connection, pod: KubeObject, busKey: Uint8Array): Promise<NodeStatus | undefined> => withNode(connection, pod, busKey, nodeTimeoutMs, (node) => node.status()).catch(() => undefined);
