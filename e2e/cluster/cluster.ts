import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBinaries } from '../../tools/kube/ensure.ts';
import { buildPauseImage } from '../../tools/image/build.ts';
import { startControlPlane } from '../../test/kube/control-plane.ts';
import type { ControlPlane } from '../../test/kube/control-plane.ts';
import { untilReady } from '../../test/kube/processes.ts';
import { createRunDirectory } from '../../test/kube/run-directory.ts';
import type { RunDirectory } from '../../test/kube/run-directory.ts';
import { openEnclosure } from './enclosure.ts';
import type { Enclosure } from './enclosure.ts';
import { kubectlFor } from './kubectl.ts';
import type { Kubectl } from './kubectl.ts';
import { dnsIsReady, startDns, startKubeProxy } from './network-services.ts';
import { cgroupOf, pauseImage, startKubelet, startRuntime } from './node.ts';
import type { KubeNode, Runtime } from './node.ts';
import type { Pod } from './objects.ts';
import { localVolumes } from './volumes.ts';

export const defaultRegions: readonly string[] = ['us-east-1', 'eu-west-1', 'ap-south-1'];

export interface ClusterOptions {
  /** One node for each, labelled as its region; the same region again and again gives it several nodes. */
  readonly regions?: readonly string[];
  readonly report?: (line: string) => void;
}

export interface Cluster extends AsyncDisposable {
  readonly plane: ControlPlane;
  readonly nodes: readonly KubeNode[];
  readonly enclosure: Enclosure;
  readonly kubectl: Kubectl;
  /** The first process of a pod's container, as this machine numbers it. */
  processOf(pod: Pod): number;
  /** Gives every node the images of an OCI archive. */
  importImage(archive: string): Promise<void>;
  stop(): Promise<void>;
}

const clusterBinaries = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy', 'kubectl', 'coredns', 'pause', 'helm'] as const;

/** An HPA that looks every few seconds at pods that have just started: a suite does not wait for minutes. */
const quickAutoscaler: readonly string[] = ['--horizontal-pod-autoscaler-sync-period=5s', '--horizontal-pod-autoscaler-initial-readiness-delay=5s', '--horizontal-pod-autoscaler-cpu-initialization-period=10s'];

/** A Kubernetes cluster with real nodes on this machine. Needs root and what `requirements.ts` checks; leaves nothing behind. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const regions = options.regions ?? defaultRegions;
  const binaries = await ensureBinaries(clusterBinaries);
  const run = createRunDirectory();
  const end = (): void => run.end();
  try {
    const report = options.report ?? (() => {});
    const enclosure = await openEnclosure(run, binaries.pause, regions.length);
    report(`enclosure ${enclosure.index}: ${enclosure.addresses.range}, files in ${run.path}`);
    const { host, serviceRange } = enclosure.addresses;
    const starting = Promise.all(regions.map((region, index) => startRuntime({ run }, enclosure, { index, region, name: `node-${index + 1}` })));
    const plane = await startControlPlane({ run, controllerManager: true, controllerManagerFlags: quickAutoscaler, scheduler: true, serviceRange, place: { host, enter: enclosure.enterNetwork } });
    report('control plane ready');
    const runtimes = await starting;
    await importPause(run, runtimes);
    const nodes = await Promise.all(runtimes.map((runtime) => startKubelet(plane, enclosure, runtime, binaries.kubelet)));
    startKubeProxy(plane, enclosure, binaries['kube-proxy'], nodes[0].name);
    const dns = startDns(plane, enclosure, binaries.coredns);
    const kubectl = kubectlFor(binaries.kubectl, plane.kubeconfig);
    kubectl.apply(localVolumes(nodes));
    await untilReady(dns, () => dnsIsReady(enclosure));
    for (const { kubelet, name } of nodes) await untilReady(kubelet, () => Promise.resolve(isReady(kubectl, name)));
    await untilReady(plane.apiServer, () => Promise.resolve(kubectl.get('serviceaccount', 'default', 'default') !== undefined));
    report(`${nodes.length} nodes ready`);
    return { plane, nodes, enclosure, kubectl, processOf: (pod) => processOf(nodes, pod, enclosure.index), importImage: (archive) => importInto(runtimes, archive), stop: async () => end(), [Symbol.asyncDispose]: async () => end() };
  } catch (error) {
    if (!process.env.E2E_KEEP) end();
    throw error;
  }
}

const isReady = (kubectl: Kubectl, node: string): boolean => kubectl.run('get', 'nodes', '--ignore-not-found', node, '-o', `jsonpath={.status.conditions[?(@.type=="Ready")].status}`) === 'True';

function processOf(nodes: readonly KubeNode[], { metadata, spec, status }: Pod, index: number): number {
  const id = status.containerStatuses?.[0]?.containerID?.replace(/^\w+:\/\//, '');
  const task = nodes.find(({ name }) => name === spec.nodeName)?.ctr('tasks', 'ls').split('\n').find((line) => id !== undefined && line.startsWith(id));
  const pid = / (\d+) +RUNNING/.exec(task ?? '')?.[1];
  const here = pid && seenFromHere(pid, cgroupOf(index, spec.nodeName ?? ''));
  if (!here) throw new Error(`pod ${metadata.name} has no process on ${spec.nodeName}`);
  return Number(here);
}

/** A process has a number in each namespace, the machine's first; numbers inside say nothing without the cgroup of the node. */
function seenFromHere(inside: string, cgroup: string): string | undefined {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).find((name) => {
    try {
      const [, ...within] = /^NSpid:\t(.*)$/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1].split('\t') ?? [];
      return within[0] === inside && readFileSync(`/proc/${name}/cgroup`, 'utf8').includes(`/${cgroup}/`);
    } catch {
      // It has ended since it was listed.
      return false;
    }
  });
}

async function importPause(run: RunDirectory, runtimes: readonly Runtime[]): Promise<void> {
  const archive = join(run.path, 'pause.tar');
  await buildPauseImage(archive, pauseImage);
  await importInto(runtimes, archive);
}

/** Side by side: unpacking is work for every core. */
async function importInto(runtimes: readonly Runtime[], archive: string): Promise<void> {
  await Promise.all(runtimes.map((runtime) => runtime.importImage(archive)));
}
