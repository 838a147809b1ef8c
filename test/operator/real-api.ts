import { createKubeClient, type RequestRecord } from '../../operator/kube/client.ts';
import { loadCredentials } from '../../operator/kube/credentials.ts';
import type { KubeObject, KubePort, ResourceType } from '../../operator/kube/port.ts';
import { createTransport } from '../../operator/kube/transport.ts';
import { resourceTypes } from '../../operator/kube/types.ts';
import { allCrds } from '../../shared/resources/crd.ts';
import { systemPorts } from '../../shared/ports/system.ts';
import { startControlPlane, type ControlPlane } from '../kube/control-plane.ts';

const customResourceDefinition: ResourceType = { group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions', kind: 'CustomResourceDefinition', namespaced: false };

export interface RealApi {
  readonly plane: ControlPlane;
  /** As the administrator. */
  readonly kube: KubePort;
  /** A port of its own, as whoever the kubeconfig says; `onRequest` hears what it asks. */
  connect(kubeconfig: string, onRequest?: (request: RequestRecord) => void): Promise<KubePort>;
  makeNamespace(name: string): Promise<void>;
  /** A definition of somebody else's type, with any spec; resolves once it is served, or is not any more. */
  define(type: ResourceType, installed: boolean): Promise<void>;
  stop(): Promise<void>;
}

/** A real API server with controller manager and our CRDs. */
export async function startRealApi(): Promise<RealApi> {
  const plane = await startControlPlane({ controllerManager: true });
  const closers: (() => Promise<void>)[] = [];
  const connect: RealApi['connect'] = async (kubeconfig, onRequest) => {
    const credentials = await loadCredentials({ env: {}, clock: systemPorts.clock, kubeconfig });
    const transport = createTransport({ credentials });
    closers.push(() => transport.close());
    return createKubeClient({ transport, ports: systemPorts, limits: { perSecond: 2000, burst: 4000, mostInFlight: 64 }, onRequest });
  };
  const kube = await connect(plane.kubeconfig);
  for (const crd of allCrds()) await kube.create(customResourceDefinition, crd as unknown as KubeObject);
  await established(kube);
  return {
    plane,
    kube,
    connect,
    makeNamespace: async (name) => void (await kube.create(resourceTypes.namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    async define(type, installed) {
      const name = `${type.plural}.${type.group}`;
      const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
      const versions = [{ name: type.version, served: true, storage: true, schema: { openAPIV3Schema: anything } }];
      const spec = { group: type.group, scope: 'Namespaced', names: { plural: type.plural, singular: type.kind.toLowerCase(), kind: type.kind }, versions };
      if (installed) await kube.create(customResourceDefinition, { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name }, spec });
      else await kube.delete(customResourceDefinition, undefined, name);
      await until(async () => (await Promise.allSettled([kube.list(type)]))[0].status === (installed ? 'fulfilled' : 'rejected'), `${name} ${installed ? 'is not' : 'is still'} served`);
    },
    async stop() {
      await Promise.all(closers.map((close) => close()));
      await plane.stop();
    },
  };
}

const established = (kube: KubePort): Promise<void> =>
  until(async () => {
    const lists = await Promise.allSettled([kube.list(resourceTypes.cacheCluster), kube.list(resourceTypes.cacheNamespace)]);
    return lists.every(({ status }) => status === 'fulfilled');
  }, 'the CRDs are not served');

async function until(holds: () => Promise<boolean>, otherwise: string): Promise<void> {
  for (let attempt = 0; !(await holds()); attempt += 1) {
    if (attempt > 400) throw new Error(otherwise);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
