import { createInterface } from 'node:readline/promises';
import type { KubeObject } from '../operator/kube/port.ts';
import { resourceTypes } from '../operator/kube/types.ts';
import { MeridianError } from '../shared/errors/meridian-error.ts';
import { labels, shardName } from '../shared/kube/names.ts';
import { parseFlags, placeUsage, withKube } from './flags.ts';
import type { Connection } from './kube.ts';
import { readBusKey, withNode } from './node-connection.ts';
import { readCluster, readLease, readShards, type Cluster, type Shard } from './shards.ts';
import { table } from './table.ts';

const usage = `meridian switchover CLUSTER — another copy in sync leads from now on; clients notice a pause of milliseconds

  --region REGION        default: every region
  --shard N              default: every shard, one after the other
  --to POD               that copy; default: the one that is closest
  --yes                  without asking; on a terminal more than one shard is asked about first
${placeUsage}
Needs read access to CacheClusters, Leases, ConfigMaps, pods and the Secret <cluster>-bus, and create on pods/portforward.
Exit code 0: all handed over; 1: some were not (the table says why).
`;

/** The node answers within its own limit for a hand-over (1.5 s); reaching it takes longer than that. */
const nodeTimeoutMs = 10_000;

interface Wanted {
  readonly region?: string;
  readonly shard?: number;
  readonly to?: string;
}

interface Outcome {
  readonly handedOver: boolean;
  readonly from: string;
  readonly to: string;
  readonly epoch: string;
  readonly result: string;
}

export async function runSwitchoverCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, { region: { type: 'string' }, shard: { type: 'string' }, to: { type: 'string' }, yes: { type: 'boolean' } });
  if (values.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  if (positionals.length !== 1) throw new MeridianError('USAGE', { detail: 'meridian switchover takes the name of one cluster' });
  const [name] = positionals;
  return await withKube(values, async (connection, namespace) => {
    const cluster = await readCluster(connection.kube, namespace, name);
    const wanted = await placeOf(connection, cluster, namespace, { region: values.region, shard: numberOf(values.shard), to: values.to });
    const shards = await chosenShards(connection, cluster, namespace, wanted);
    if (shards.length > 1 && values.yes !== true && !(await agreed(name, shards))) return 1;
    const rows = [['REGION', 'SHARD', 'FROM', 'TO', 'EPOCH', 'RESULT']];
    const busKey = await readBusKey(connection.kube, namespace, name);
    let failed = 0;
    for (const shard of shards) {
      const outcome = await handOver(connection, cluster, namespace, shard, busKey, wanted.to);
      if (!outcome.handedOver) failed += 1;
      rows.push([shard.region, `${shard.shard}`, outcome.from, outcome.to, outcome.epoch, outcome.result]);
    }
    process.stdout.write(`${table(rows)}\n`);
    return failed === 0 ? 0 : 1;
  });
}

/** Whoever sits in front of it is told what is about to happen, and asked. */
async function agreed(name: string, shards: readonly Shard[]): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return true;
  const regions = [...new Set(shards.map(({ region }) => region))];
  process.stderr.write(`${shards.length} shards of ${name} (${regions.join(', ')}) are to be handed over, one after the other; --region, --shard or --to choose fewer\n`);
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await asking.question('Go on? [y/N] ')).trim());
  } finally {
    asking.close();
  }
}

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,4}$/.test(text)) throw new MeridianError('USAGE', { detail: `--shard takes the number of a shard, not "${text}"` });
  return Number(text);
}

/** A pod names its region and shard. */
async function placeOf({ kube }: Connection, cluster: Cluster, namespace: string, asked: Wanted): Promise<Wanted> {
  if (asked.to === undefined) return asked;
  const pod = await kube.get(resourceTypes.pod, namespace, asked.to);
  const own = pod?.metadata.labels;
  if (own?.[labels.clusterUid] !== cluster.metadata.uid) throw new MeridianError('KUBE_NOT_FOUND', { kind: `pod of CacheCluster ${cluster.metadata.name}`, name: `${namespace}/${asked.to}` });
  const place = { region: own?.[labels.region], shard: Number(own?.[labels.shard]) };
  if ((asked.region ?? place.region) !== place.region || (asked.shard ?? place.shard) !== place.shard) throw new MeridianError('USAGE', { detail: `${asked.to} is a copy of shard ${place.shard} in region ${place.region}` });
  return { ...place, to: asked.to };
}

async function chosenShards({ kube }: Connection, cluster: Cluster, namespace: string, { region, shard }: Wanted): Promise<readonly Shard[]> {
  const { name } = cluster.metadata;
  const regions = cluster.spec.regions.map((one) => one.name);
  if (region !== undefined && !regions.includes(region)) throw new MeridianError('USAGE', { detail: `${name} has no region "${region}"; it has ${regions.join(', ')}` });
  const chosen: Shard[] = [];
  for (const one of region === undefined ? regions : [region]) {
    const shards = await readShards(kube, namespace, cluster, one);
    if (shards === undefined) throw new MeridianError('USAGE', { detail: `region ${one} of ${name} has no ownership map yet` });
    chosen.push(...shards.filter((candidate) => shard === undefined || candidate.shard === shard));
  }
  if (chosen.length === 0) throw new MeridianError('USAGE', { detail: `${name} has no shard ${shard}` });
  return chosen;
}

async function handOver(connection: Connection, cluster: Cluster, namespace: string, shard: Shard, busKey: Uint8Array, to: string | undefined): Promise<Outcome> {
  const { primary, config, epoch } = shard;
  const as = { from: primary ?? 'none', to: to ?? '-', epoch: `${epoch ?? '-'}` };
  const others = config?.isr.filter((pod) => pod !== primary) ?? [];
  const not = (result: string): Outcome => ({ ...as, handedOver: false, result });
  if (primary === undefined) return not('the shard has no primary');
  if (primary === to) return { ...as, handedOver: true, result: 'leads already' };
  if (others.length === 0) return not(cluster.spec.replicas === 0 ? 'there is one copy only: raise spec.replicas' : 'no other copy is in sync');
  if (to !== undefined && !others.includes(to)) return not(`${to} is not in sync`);
  const pod: KubeObject | undefined = await connection.kube.get(resourceTypes.pod, namespace, primary);
  if (pod === undefined) return not(`there is no pod ${primary}`);
  const startedMs = performance.now();
  const { handedOver } = await withNode(connection, pod, busKey, nodeTimeoutMs, (node) => node.switchover(to));
  const now = await readLease(connection.kube, namespace, shardName(cluster.metadata.name, shard.region, shard.shard));
  if (!handedOver || now.primary === primary) return not('the primary kept the shard: no copy confirmed everything in time');
  return { ...as, handedOver: true, to: now.primary ?? '-', epoch: `${now.epoch ?? '-'}`, result: `handed over in ${Math.round(performance.now() - startedMs)} ms` };
}
