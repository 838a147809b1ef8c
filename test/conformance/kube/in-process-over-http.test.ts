import { serveKube } from '../../../local/kube/http/serve.ts';
import { startLocalKube } from '../../../local/kube/local-kube.ts';
import { createKubeClient } from '../../../operator/kube/client.ts';
import { loadCredentials } from '../../../operator/kube/credentials.ts';
import { createTransport } from '../../../operator/kube/transport.ts';
import { resourceTypes } from '../../../operator/kube/types.ts';
import { systemPorts } from '../../../shared/ports/system.ts';
import { kubeConformance } from './suite.ts';

kubeConformance('the in-process Kubernetes, served and called over HTTP', async () => {
  const kube = startLocalKube({ ports: systemPorts, namespaces: 'must-exist' });
  const server = await serveKube(kube.api, { port: 0 });
  const transport = createTransport({ credentials: await loadCredentials({ env: { MERIDIAN_KUBE_URL: server.url }, clock: systemPorts.clock }) });
  const port = createKubeClient({ transport, ports: systemPorts });
  let count = 0;
  return {
    port,
    async namespace() {
      count += 1;
      const made = await port.create(resourceTypes.namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: `test-${count}` } });
      return made.metadata.name;
    },
    async forgottenVersion() {
      const { resourceVersion } = await port.list(resourceTypes.configMap);
      await port.create(resourceTypes.configMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'newer', namespace: 'default' } });
      kube.compact();
      return resourceVersion;
    },
    async close() {
      await transport.close();
      await server.close();
      await kube.stop();
    },
  };
});
