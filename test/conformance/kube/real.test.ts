import { vi } from 'vitest';
import { loadCredentials } from '../../../operator/kube/credentials.ts';
import { createKubeClient } from '../../../operator/kube/client.ts';
import { createTransport } from '../../../operator/kube/transport.ts';
import { resourceTypes } from '../../../operator/kube/types.ts';
import { systemPorts } from '../../../shared/ports/system.ts';
import { allCrds } from '../../../shared/resources/crd.ts';
import type { KubeObject, ResourceType } from '../../../operator/kube/port.ts';
import { startControlPlane } from '../../kube/control-plane.ts';
import { untilObject } from './subject.ts';
import { kubeConformance } from './suite.ts';

const crdType: ResourceType = { group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions', kind: 'CustomResourceDefinition', namespaced: false };

kubeConformance('a real API server with its controller manager', async () => {
  const plane = await startControlPlane({ controllerManager: true });
  const transport = createTransport({ credentials: await loadCredentials({ env: {}, kubeconfig: plane.kubeconfig, clock: systemPorts.clock }) });
  const port = createKubeClient({ transport, ports: systemPorts });
  for (const crd of allCrds()) {
    const made = await port.create(crdType, crd as unknown as KubeObject);
    const established = ({ status }: KubeObject): boolean => ((status?.conditions ?? []) as { type: string; status: string }[]).some((condition) => condition.type === 'Established' && condition.status === 'True');
    await untilObject(port, crdType, '', made.metadata.name, 'the CRD established', established);
  }
  // Established is said a moment before its storage answers.
  await vi.waitFor(() => Promise.all([port.list(resourceTypes.cacheCluster), port.list(resourceTypes.cacheNamespace)]), { timeout: 30_000, interval: 100 });
  let count = 0;
  return {
    port,
    async namespace() {
      count += 1;
      const name = `test-${count}`;
      await port.create(resourceTypes.namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
      // Pods are refused until the account that they run as is there.
      await untilObject(port, resourceTypes.serviceAccount, name, 'default', 'the default account', () => true);
      return name;
    },
    /** A server that starts anew knows nothing of what was before it. */
    async forgottenVersion() {
      const { resourceVersion } = await port.list(resourceTypes.configMap);
      await port.create(resourceTypes.configMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'newer', namespace: 'default' } });
      await plane.stopApiServer();
      await plane.startApiServer();
      return resourceVersion;
    },
    async close() {
      await transport.close();
      await plane.stop();
    },
  };
});
