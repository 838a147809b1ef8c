import { startController } from '../operator/main.ts';
import { createEventRecorder } from '../operator/runtime/events.ts';
import { MeridianError } from '../shared/errors/meridian-error.ts';
import { makeFolder, makeTemporaryFolder, removeTree } from '../shared/io/files.ts';
import { isPortFree } from '../shared/io/free-port.ts';
import { apiGroup, podName } from '../shared/kube/names.ts';
import type { Logger } from '../shared/log/log.ts';
import type { Ports } from '../shared/ports/ports.ts';
import { followClusters } from './clusters.ts';
import { serveKube } from './kube/http/serve.ts';
import { startLocalKube, type LocalKube } from './kube/local-kube.ts';
import { createProcessRuntime, portsOfPod } from './kube/process-runtime.ts';
import { applyChanges } from './manifests/apply.ts';
import { changesBetween, saidBefore, type FileManifest } from './manifests/change-set.ts';
import { loadManifests, type Loaded } from './manifests/load.ts';
import { watchManifests } from './manifests/watch.ts';
import { followNamespaces } from './namespaces.ts';
import { createLocalNodeApi } from './node-api.ts';
import type { LocalOptions } from './options.ts';
import { createPortPlan, planFault, podsInOrder, type PortPlan, type WantedPort } from './port-plan.ts';
import { shapeOf, type ClusterReport } from './report/cluster-report.ts';
import type { Change } from './report/lines.ts';
import { resourceTypes } from '../operator/kube/types.ts';
import type { KubeObject } from '../operator/kube/port.ts';

export interface LocalSettings {
  readonly options: LocalOptions;
  readonly ports: Ports;
  readonly log: Logger;
  /** Absolute path of the program that pods run (cli/main.ts). */
  readonly program: string;
  readonly version: string;
  /** For the pods: PATH, NODE_COMPILE_CACHE. */
  readonly env: Readonly<Record<string, string>>;
  readonly tell: (change: Change) => void;
  /** What clusters wait for before everything is ready for the first time. */
  readonly progress?: (change: Change) => void;
}

export interface LocalMode {
  readonly clusters: readonly ClusterReport[];
  readonly statusUrl: string;
  stop(): Promise<void>;
}

/** Flags that keep a node small: the store is off the heap, so the heap stays young and short. */
const nodeArgs = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=1', '--v8-pool-size=1'];
/** One malloc arena a process: each further one keeps megabytes for itself. */
const nodeEnv = { MALLOC_ARENA_MAX: '1' };
const host = '127.0.0.1';

/** Brings everything up; resolves when all that the manifests ask for is ready. `cancelled` ends the wait. */
export async function startLocalMode(settings: LocalSettings, cancelled: Promise<void>): Promise<LocalMode | undefined> {
  const { options, ports, log, tell } = settings;
  const first = loadManifests(options.files, { watching: false });
  if (!first.ok) throw new MeridianError('MANIFESTS_REFUSED', { faults: first.faults.join('\n') });
  const plan = createPortPlan(options.redisPort, options.httpPort);
  await checkPorts(options, first.manifests, plan);

  const temporary = options.dataFolder === undefined;
  const dataFolder = options.dataFolder ?? makeTemporaryFolder('meridian-');
  makeFolder(dataFolder);
  const statusUrl = `http://${host}:${options.statusPort}`;
  const runtime = createProcessRuntime({ ports, program: settings.program, programs: options.programs, nodeArgs, dataFolder, kubeUrl: statusUrl, clientPorts: plan.portsOf, keptPort: plan.keeps, env: { ...nodeEnv, ...settings.env } });
  const kube = startLocalKube({ ports, kubelet: { runtime, backoff: { firstMs: 20, mostMs: 5_000, forgiveMs: 10_000 }, hurryMs: 50 } });
  const server = await serveKube(kube.api, { host, port: options.statusPort });
  const nodeApi = createLocalNodeApi(ports, (namespace, name) => {
    const pod = kube.api.find(resourceTypes.pod, namespace, name);
    return pod === undefined ? undefined : portsOfPod(pod)?.admin;
  });
  const clusters = followClusters(kube.port, plan, (change) => {
    if (isUp) tell(change);
    else settings.progress?.(change);
  });
  const namespaces = followNamespaces(kube.port, (change) => {
    if (isUp) tell(change);
  });
  let isUp = false;
  await Promise.all([clusters.start(), namespaces.start()]);
  const recorder = createEventRecorder({ kube: kube.port, ports, log, controller: `${apiGroup}/operator`, instance: 'local' });
  const controller = startController({ port: kube.port, nodeApi, ports, log, recorder, defaultImage: `meridian:${settings.version}`, operatorVersion: settings.version, authByDefault: false, watchMachines: false, endpointOf: (intent, region) => firstNode(plan, intent.namespace, podName(intent.name, region, 0, 0), region) });

  const stop = async (): Promise<void> => {
    stopWatching();
    clusters.stop();
    namespaces.stop();
    await controller.stop();
    await recorder.stop();
    await kube.stop(5);
    nodeApi.close();
    await server.close();
    if (temporary) removeTree(dataFolder);
  };
  const apply = async (before: readonly FileManifest[], after: readonly FileManifest[]): Promise<void> => {
    for (const manifest of after) reservePorts(plan, manifest);
    for (const message of await applyChanges(kube.port, changesBetween(before, after))) tell({ change: 'refused', message });
  };

  let current = first.manifests;
  let faulty = false;
  let applying: Promise<void> = Promise.resolve();
  const reload = (): void => {
    // What the files said already is not applied again: what kubectl made of it since is no fault of theirs.
    const stored = (manifest: FileManifest): Record<string, unknown> | undefined => (saidBefore(current, manifest) ? undefined : storedAs(kube.api, manifest.object as unknown as KubeObject));
    const loaded: Loaded = loadManifests(options.files, { watching: true, stored });
    if (!loaded.ok) {
      for (const message of loaded.faults) tell({ change: 'refused', message });
      tell({ change: 'refused', message: 'nothing of the files is applied until that is mended; all goes on as it was' });
      faulty = true;
      return;
    }
    if (faulty) tell({ change: 'mended' });
    faulty = false;
    const before = current;
    current = loaded.manifests;
    applying = applying.then(() => apply(before, loaded.manifests)).catch((error: unknown) => log.error('applying the saved manifests failed', { error }));
  };
  const stopWatching = watchManifests(options.files, ports.timers, reload);

  await apply([], first.manifests);
  const settled = Promise.all([clusters.whenReady(keysOf(first.manifests, 'CacheCluster')), namespaces.whenSettled(keysOf(first.manifests, 'CacheNamespace'))]);
  const ready = await Promise.race([settled.then(([reports]) => reports), cancelled]);
  if (ready === undefined) {
    await stop();
    return undefined;
  }
  isUp = true;
  return { clusters: ready, statusUrl, stop };
}

/** `namespace/name` of the manifests of a kind. */
const keysOf = (manifests: readonly FileManifest[], kind: string): readonly string[] => manifests.filter(({ id }) => id.startsWith(`${kind}/`)).map(({ id }) => id.slice(kind.length + 1));

const storedAs = (api: LocalKube['api'], { kind, metadata }: KubeObject): KubeObject | undefined => api.find(kind === 'CacheNamespace' ? resourceTypes.cacheNamespace : resourceTypes.cacheCluster, metadata.namespace, metadata.name);

const firstNode = (plan: PortPlan, namespace: string, pod: string, region: string): { region: string; redis: string; http: string } => {
  const { redis, http } = plan.portsOf(namespace, pod);
  return { region, redis: `${host}:${redis}`, http: `http://${host}:${http}` };
};

function reservePorts(plan: PortPlan, manifest: FileManifest): void {
  const object = manifest.object as unknown as KubeObject;
  if (object.kind === 'CacheCluster') plan.reserve(object.metadata.namespace ?? 'default', shapeOf(object));
}

/** Every port that the manifests will need, checked before anything is started. */
async function checkPorts(options: LocalOptions, manifests: readonly FileManifest[], plan: PortPlan): Promise<void> {
  const wanted: WantedPort[] = [{ port: options.statusPort, purpose: 'status address, --status-port' }];
  for (const manifest of manifests) {
    reservePorts(plan, manifest);
    const object = manifest.object as unknown as KubeObject;
    if (object.kind !== 'CacheCluster') continue;
    const { namespace = 'default' } = object.metadata;
    for (const pod of podsInOrder(shapeOf(object))) {
      const { redis, http } = plan.portsOf(namespace, pod);
      wanted.push({ port: redis, purpose: `Redis of ${pod}, --port` }, { port: http, purpose: `HTTP of ${pod}, --http-port` });
    }
  }
  const fault = planFault(wanted);
  if (fault !== undefined) throw new MeridianError('USAGE', { detail: fault });
  const free = await Promise.all(wanted.map(({ port }) => new Promise<boolean>((resolve) => isPortFree(port, resolve))));
  const taken = wanted.find((_, i) => !free[i]);
  if (taken !== undefined) throw new MeridianError('PORT_TAKEN', { ...taken });
}
