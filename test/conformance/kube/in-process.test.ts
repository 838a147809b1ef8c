import { startLocalKube } from '../../../local/kube/local-kube.ts';
import { resourceTypes } from '../../../operator/kube/types.ts';
import { systemPorts } from '../../../shared/ports/system.ts';
import { kubeConformance } from './suite.ts';

kubeConformance('the in-process Kubernetes', async () => {
  const kube = startLocalKube({ ports: systemPorts, namespaces: 'must-exist' });
  let count = 0;
  return {
    port: kube.port,
    async namespace() {
      count += 1;
      const made = await kube.port.create(resourceTypes.namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: `test-${count}` } });
      return made.metadata.name;
    },
    async forgottenVersion() {
      const { resourceVersion } = await kube.port.list(resourceTypes.configMap);
      await kube.port.create(resourceTypes.configMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'newer', namespace: 'default' } });
      kube.compact();
      return resourceVersion;
    },
    close: () => kube.stop(),
  };
});
