import { parseArgs } from 'node:util';
import { KubeError, type KubeObject, type KubePort } from '../operator/kube/port.ts';
import { resourceTypes } from '../operator/kube/types.ts';
import { MeridianError } from '../shared/errors/meridian-error.ts';
import { leaseConfigSchema, ownershipMapSchema, type LeaseConfig } from '../shared/kube/documents.ts';
import { annotations, ownershipKey, shardName, slotsConfigMap } from '../shared/kube/names.ts';
import type { CacheClusterSpec, CacheClusterStatus } from '../shared/resources/cache-cluster/resource.ts';
import { connectKube } from './kube.ts';
import { table } from './table.ts';

const usage = `meridian status [CLUSTER] — clusters; with a name its regions and shards as the Leases and ownership maps have them

  -n, --namespace NS     default: that of the kube context
  -A, --all-namespaces
  --local[=URL]          local mode's API (http://127.0.0.1:7300)
  --context NAME, --kubeconfig FILE
`;

interface Cluster {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: CacheClusterSpec;
  readonly status?: CacheClusterStatus;
}

const asCluster = (object: KubeObject): Cluster => object as unknown as Cluster;

/** `--local` may stand alone; parseArgs wants a value. */
const withLocalUrl = (args: readonly string[]): string[] => args.map((arg) => (arg === '--local' ? '--local=http://127.0.0.1:7300' : arg));

export async function runStatusCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(withLocalUrl(args));
  if (values.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  if (positionals.length > 1) throw new MeridianError('USAGE', { detail: `meridian status takes one cluster, not "${positionals.join(' ')}"` });
  const { kube, namespace, close } = await connectKube(values);
  try {
    const place = values.namespace ?? namespace;
    const [name] = positionals;
    process.stdout.write(name === undefined ? await listing(kube, values['all-namespaces'] === true ? undefined : place) : await details(kube, place, name));
    return 0;
  } catch (error) {
    if (error instanceof KubeError) throw new MeridianError('KUBE_REQUEST', { detail: error.message }, { cause: error });
    throw error;
  } finally {
    await close();
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        namespace: { type: 'string', short: 'n' },
        'all-namespaces': { type: 'boolean', short: 'A' },
        local: { type: 'string' },
        context: { type: 'string' },
        kubeconfig: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new MeridianError('USAGE', { detail: (error as Error).message.split('\n')[0] });
  }
}

const conditionText = (cluster: Cluster, type: string): string => cluster.status?.conditions?.find((condition) => condition.type === type)?.status ?? 'Unknown';

async function listing(kube: KubePort, namespace: string | undefined): Promise<string> {
  const { items } = await kube.list(resourceTypes.cacheCluster, { namespace });
  if (items.length === 0) return 'There are no CacheClusters here.\n';
  const rows = items.map(asCluster).map((cluster) => [`${cluster.metadata.namespace}/${cluster.metadata.name}`, conditionText(cluster, 'Ready'), cluster.status?.phase ?? '', `${cluster.spec.regions.length} × ${cluster.status?.shards ?? cluster.spec.shards}`, cluster.spec.memory.toString()]);
  return `${table([['CLUSTER', 'READY', 'PHASE', 'REGIONS × SHARDS', 'MEMORY'], ...rows])}\n`;
}

async function details(kube: KubePort, namespace: string, name: string): Promise<string> {
  const found = await kube.get(resourceTypes.cacheCluster, namespace, name);
  if (found === undefined) throw new MeridianError('KUBE_NOT_FOUND', { kind: 'CacheCluster', name: `${namespace}/${name}` });
  const cluster = asCluster(found);
  const conditions = (cluster.status?.conditions ?? []).map((condition) => [condition.type, condition.status, condition.reason, condition.message]);
  const shards: string[][] = [];
  for (const region of cluster.spec.regions) shards.push(...(await shardRows(kube, namespace, name, region.name)));
  return `${namespace}/${name}: ${cluster.status?.phase ?? 'unknown'}\n\n${table([['CONDITION', 'STATUS', 'REASON', 'MESSAGE'], ...conditions])}\n\n${table([['REGION', 'SHARD', 'SLOTS', 'EPOCH', 'PRIMARY', 'IN SYNC'], ...shards])}\n`;
}

async function shardRows(kube: KubePort, namespace: string, cluster: string, region: string): Promise<string[][]> {
  const object = await kube.get(resourceTypes.configMap, namespace, slotsConfigMap(cluster, region));
  const text = object?.data?.[ownershipKey];
  if (text === undefined) return [[region, '-', 'no ownership map', '-', '-', '-']];
  const map = ownershipMapSchema.parse(JSON.parse(text));
  const owned = new Map<number, number>();
  for (const range of map.ranges) owned.set(range.shard, (owned.get(range.shard) ?? 0) + range.to - range.from + 1);
  const rows: string[][] = [];
  for (const [shard, slots] of [...owned].toSorted(([a], [b]) => a - b)) {
    const lease = await kube.get(resourceTypes.lease, namespace, shardName(cluster, region, shard));
    const spec = lease?.spec as { holderIdentity?: string; leaseTransitions?: number } | undefined;
    rows.push([region, `${shard}`, `${slots}`, `${spec?.leaseTransitions ?? '-'}`, spec?.holderIdentity ?? 'none', configOf(lease)?.isr.join(' ') ?? 'unknown']);
  }
  return rows;
}

function configOf(lease: KubeObject | undefined): LeaseConfig | undefined {
  const text = lease?.metadata.annotations?.[annotations.config];
  if (text === undefined) return undefined;
  try {
    return leaseConfigSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
