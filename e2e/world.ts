import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { clientService, ports } from '../shared/kube/names.ts';
import type { Cluster } from './cluster/cluster.ts';
import type { Kubectl } from './cluster/kubectl.ts';
import type { CacheCluster, Condition, KubeObject, Lease, Pod } from './cluster/objects.ts';
import { startJudged } from './clients/judged.ts';
import type { Judged, JudgedOptions, Places } from './clients/judged.ts';
import { runClient } from './clients/languages.ts';
import type { Language } from './clients/languages.ts';
import { startSteady } from './clients/steady.ts';
import type { Result, Task } from './clients/task.ts';
import type { Reach } from './reach.ts';
import { until, when } from './until.ts';

/** What a step works with: one Kubernetes cluster, ours or the person's, with our image in it. */
export interface World {
  readonly kubectl: Kubectl;
  readonly reach: Reach;
  readonly image: { readonly repository: string; readonly tag: string };
  readonly helm: (...args: readonly string[]) => string;
  /** What runs it, when that is ours: for faults of machines. */
  readonly machine?: Cluster;
}

export const releaseNamespace = 'meridian-system';
export const repositoryRoot = new URL('..', import.meta.url).pathname;

export function helmFor(binary: string, kubeconfig: string): World['helm'] {
  return (...args) => {
    const done = spawnSync(binary, [...args, '--kubeconfig', kubeconfig], { cwd: repositoryRoot, encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`helm ${args.join(' ')} failed (${done.status}): ${done.stderr || done.stdout}`);
    return done.stdout;
  };
}

export function conditionOf(cluster: CacheCluster | undefined, type: string): Condition | undefined {
  return cluster?.status?.conditions?.find((condition) => condition.type === type);
}

/** Ready, as of the spec that is in force now: `kubectl wait` alone would be content with the state before a change. */
export async function untilClusterReady(world: World, name: string, timeoutMs = 240_000): Promise<CacheCluster> {
  const describe = (cluster: CacheCluster | undefined): string => ['Ready', 'Reconciling', 'Stalled', 'Progressing'].map((type) => `${type}=${conditionOf(cluster, type)?.status} ${conditionOf(cluster, type)?.message ?? ''}`).join('; ');
  let last: CacheCluster | undefined;
  const ready = (): CacheCluster | undefined => {
    last = world.kubectl.get<CacheCluster>('cacheclusters', name, 'default');
    const condition = conditionOf(last, 'Ready');
    const current = (generation: number | undefined): boolean => generation === last?.metadata.generation;
    return condition?.status === 'True' && current(condition.observedGeneration) && current(last?.status.observedGeneration) ? last : undefined;
  };
  return until(`CacheCluster ${name} to be Ready`, ready, timeoutMs).catch((error: unknown) => {
    throw new Error(`${String(error)} (${describe(last)})`);
  });
}

/** The generated password of the default user; empty where the cluster asks for none. */
function passwordOf(world: World, cluster: string): string {
  const secret = world.kubectl.get('secret', `${cluster}-auth`, 'default');
  return secret === undefined ? '' : Buffer.from(secret.data?.['default-password'] ?? '', 'base64').toString('utf8');
}

export const podsOf = (world: World, cluster: string, region?: string): readonly Pod[] =>
  world.kubectl.list<Pod>('pods', 'default', `meridiancache.io/cluster=${cluster}${region === undefined ? '' : `,meridiancache.io/region=${region}`}`);

export interface Traffic {
  readonly cluster: string;
  readonly region: string;
  readonly keys: readonly string[];
  readonly value: string;
  readonly write: boolean;
}

/** Has a client of one language write and read through the pods of a region; fails unless every key came back. */
export async function drive(world: World, language: Language, traffic: Traffic): Promise<void> {
  const result = await attempt(world, language, traffic);
  const expected = traffic.keys.length;
  if (result.read !== expected || (traffic.write && result.written !== expected)) throw new Error(`${language} on ${traffic.cluster}/${traffic.region}: wrote ${result.written}, read ${result.read} of ${expected}: ${result.errors.slice(0, 3).join('; ')}`);
}

/** A client that goes on while `happening` happens; fails when the client saw any of it. */
export async function undisturbed(world: World, traffic: Traffic, happening: () => Promise<void>): Promise<void> {
  const steady = await startSteady(await taskOf(world, traffic));
  try {
    await happening();
  } catch (error) {
    await steady.stop().catch(() => {});
    throw error;
  }
  await steady.stop();
}

/** Where the pods of a region are now. */
export async function placesOf(world: World, cluster: string, region: string): Promise<Places> {
  const pods = podsOf(world, cluster, region).filter((pod) => pod.status.podIP !== undefined && pod.metadata.deletionTimestamp === undefined);
  return { addresses: pods.map((pod) => `${pod.status.podIP}:6379`), reach: await world.reach.to(pods) };
}

/** What a client needs to know of a region. */
export async function accessTo(world: World, cluster: string, region: string): Promise<{ readonly places: Places; readonly password: string }> {
  return { places: await placesOf(world, cluster, region), password: passwordOf(world, cluster) };
}

/** The same by the Service, as applications are told of it: pods that all go in time must not be all that a client knows. By the pods where services are not reached from here. */
export async function accessByService(world: World, cluster: string, region: string): Promise<{ readonly places: Places; readonly password: string }> {
  const access = await accessTo(world, cluster, region);
  const service = world.kubectl.get<KubeObject<{ readonly clusterIP?: string }>>('service', clientService(cluster, region), 'default');
  if (service?.spec.clusterIP === undefined) throw new Error(`no Service leads to ${cluster} in ${region}`);
  return Object.keys(access.places.reach).length > 0 ? access : { ...access, places: { addresses: [`${service.spec.clusterIP}:${ports.redis}`], reach: {} } };
}

/** Clients of one shard whose history is judged at the end. */
export async function judged(world: World, cluster: string, region: string, options: Pick<JudgedOptions, 'shard' | 'shards' | 'patienceMs'>): Promise<Judged> {
  return startJudged({ ...options, ...(await accessTo(world, cluster, region)) });
}

/** The program `meridian` against the world's cluster; its output, whatever its exit code. */
export async function meridian({ kubectl }: World, ...args: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(repositoryRoot, 'cli', 'main.ts'), ...args, '--namespace', 'default', '--kubeconfig', kubectl.kubeconfig], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, output: `${output}${errors}` };
}

/** Events in the clusters' namespace. */
export const eventsOf = ({ kubectl }: World): readonly { readonly reason?: string; readonly note?: string }[] => JSON.parse(kubectl.run('get', 'events.events.k8s.io', '--namespace=default', '-o', 'json')).items;

/** The shard's Lease, as it is. */
export const leaseOf = (world: World, shard: string): { readonly primary: string; readonly epoch: number; readonly inSync: readonly string[] } => {
  const lease = world.kubectl.get<Lease>('lease', shard, 'default');
  const config = JSON.parse(lease?.metadata.annotations?.['meridiancache.io/config'] ?? '{}') as { readonly isr?: readonly string[] };
  return { primary: lease?.spec.holderIdentity ?? '', epoch: lease?.spec.leaseTransitions ?? 0, inSync: config.isr ?? [] };
};

/** A condition of the spec that is in force now has this reason; resolves with its sentence. */
export async function untilReason(world: World, name: string, type: string, reason: string, timeoutMs = 600_000): Promise<string> {
  return until(`${type} of ${name} to be ${reason}`, () => {
    const cluster = world.kubectl.get<CacheCluster>('cacheclusters', name, 'default');
    const condition = conditionOf(cluster, type);
    if (condition?.reason === reason && condition.observedGeneration === cluster?.metadata.generation) return condition.message ?? '';
    throw new Error(`${condition?.reason}: ${condition?.message}`);
  }, timeoutMs);
}

/** All copies that the spec asks for hold all data. */
export async function untilAllInSync(world: World, name: string, timeoutMs = 240_000): Promise<void> {
  await until(`every copy of ${name} to be in sync`, () => {
    const cluster = world.kubectl.get<CacheCluster>('cacheclusters', name, 'default');
    const degraded = conditionOf(cluster, 'Degraded');
    if (degraded?.status !== 'False' || degraded.observedGeneration !== cluster?.metadata.generation) throw new Error(degraded?.message ?? 'no condition');
    return when(true);
  }, timeoutMs);
}

const attempt = async (world: World, language: Language, traffic: Traffic): Promise<Result> => runClient(language, await taskOf(world, traffic));

async function taskOf(world: World, { cluster, region, keys, value, write }: Traffic): Promise<Task> {
  const { places, password } = await accessTo(world, cluster, region);
  return { ...places, password, keys, value, write };
}

/** The Pod that leads among the operator's replicas, by the Lease that they compete for. */
export async function operatorLeader(world: World): Promise<string> {
  return until('an operator that leads', () => {
    const holder = world.kubectl.get<Lease>('lease', 'meridian-operator', releaseNamespace)?.spec.holderIdentity;
    return world.kubectl.list('pods', releaseNamespace).map((pod) => pod.metadata.name).find((name) => holder?.startsWith(name));
  });
}

/** Proves that an operator works: what is deleted by hand comes back. */
export async function untilDriftIsRepaired(world: World, kind: string, name: string, timeoutMs = 120_000): Promise<void> {
  const before = world.kubectl.get(kind, name, 'default')?.metadata.uid;
  if (before !== undefined) world.kubectl.run('delete', kind, name, '--namespace=default', '--wait=false');
  await until(`${kind} ${name} to come back`, () => {
    const now = world.kubectl.get(kind, name, 'default');
    return when(now !== undefined && now.metadata.uid !== before && now.metadata.deletionTimestamp === undefined);
  }, timeoutMs);
}
