import { fileURLToPath } from 'node:url';
import { annotations } from '../../shared/kube/names.ts';
import { silentLogger } from '../../shared/log/log.ts';
import { systemPorts } from '../../shared/ports/system.ts';
import { createKubeClient } from '../../operator/kube/client.ts';
import { loadCredentials } from '../../operator/kube/credentials.ts';
import { KubeError, type KubeObject, type KubePort, type ResourceType } from '../../operator/kube/port.ts';
import { createTransport } from '../../operator/kube/transport.ts';
import { resourceTypes } from '../../operator/kube/types.ts';
import { managedSelector } from '../../operator/resources/metadata.ts';
import { startInformer } from '../../operator/runtime/informer.ts';
import { startControlPlane, type ControlPlane } from '../../test/kube/control-plane.ts';
import { allCrds } from '../../shared/resources/crd.ts';
import { start } from '../../test/kube/processes.ts';
import { ensureBinaries } from '../../tools/kube/ensure.ts';

export interface BenchWorld {
  readonly plane: ControlPlane;
  /** As the administrator. */
  readonly kube: KubePort;
  stop(): Promise<void>;
}

const stages = fileURLToPath(new URL('stages.yaml', import.meta.url));
const customResourceDefinition: ResourceType = { group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions', kind: 'CustomResourceDefinition', namespaced: false };

/** The helpers of a control plane are held to 20 requests a second by default, which would be all that is measured. */
const fast = ['--kube-api-qps=2000', '--kube-api-burst=4000'];

/** A real control plane with one node of kwok's that takes any number of pods, and a stand-in for what nodes do to Leases. */
export async function startBenchWorld(): Promise<BenchWorld> {
  const { kwok } = await ensureBinaries(['kwok']);
  const plane = await startControlPlane({ controllerManager: true, scheduler: true, controllerManagerFlags: [...fast, '--concurrent-statefulset-syncs=20'], schedulerFlags: fast });
  const credentials = await loadCredentials({ env: {}, clock: systemPorts.clock, kubeconfig: plane.kubeconfig });
  const transport = createTransport({ credentials });
  const kube = createKubeClient({ transport, ports: systemPorts, limits: { perSecond: 5_000, burst: 5_000, mostInFlight: 32 } });
  for (const crd of allCrds()) await kube.create(customResourceDefinition, crd as unknown as KubeObject);
  await served(kube);
  await kube.create(resourceTypes.node, fakeNode);
  // Addresses that refuse at once: there is no node behind them that the operator could ask.
  start(plane.run, [kwok, `--config=${stages}`, `--kubeconfig=${plane.kubeconfig}`, '--manage-all-nodes', '--node-lease-duration-seconds=40', '--cidr=127.128.0.0/16'], 'kwok', { HOME: plane.run.path });
  const stopPrimaries = startPrimaries(kube);
  return {
    plane,
    kube,
    async stop() {
      stopPrimaries();
      await transport.close();
      await plane.stop();
    },
  };
}

const fakeNode: KubeObject = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'kwok-0', annotations: { 'kwok.x-k8s.io/node': 'fake' }, labels: { 'kubernetes.io/os': 'linux' } },
  status: { allocatable: { cpu: '100000', memory: '100000Gi', pods: '100000' }, capacity: { cpu: '100000', memory: '100000Gi', pods: '100000' } },
};

async function served(kube: KubePort): Promise<void> {
  while (!(await kube.list(resourceTypes.cacheCluster).catch(() => undefined))) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** As nodes do: the pod that runs takes its shard's Lease when nobody holds it. */
function startPrimaries(kube: KubePort): () => void {
  const leases = startInformer({ kube, ports: systemPorts, log: silentLogger, type: resourceTypes.lease, labelSelector: managedSelector });
  leases.onChange(({ kind, object }) => {
    if (kind === 'deleted' || object.spec?.holderIdentity) return;
    take(kube, object).catch((error: unknown) => {
      if (!(error instanceof KubeError)) throw error;
    });
  });
  return () => leases.stop();
}

async function take(kube: KubePort, lease: KubeObject): Promise<void> {
  const pod = `${lease.metadata.name}-0`;
  const config = JSON.stringify({ formatVersion: 1, isr: [pod], incarnations: { [pod]: '0'.repeat(32) }, nonce: 'bench' });
  const metadata = { ...lease.metadata, annotations: { ...lease.metadata.annotations, [annotations.config]: config } };
  await kube.replace(resourceTypes.lease, { ...lease, metadata, spec: { ...lease.spec, leaseTransitions: Number(lease.spec?.leaseTransitions ?? 0) + 1, holderIdentity: pod } });
}
