import { createKubeClient } from '../operator/kube/client.ts';
import { loadCredentials, type KubeCredentials } from '../operator/kube/credentials.ts';
import type { KubePort } from '../operator/kube/port.ts';
import { createTransport } from '../operator/kube/transport.ts';
import { systemPorts } from '../shared/ports/system.ts';

interface KubeChoice {
  /** Local mode's status address, e.g. http://127.0.0.1:7300. */
  readonly local?: string;
  readonly context?: string;
  readonly kubeconfig?: string;
}

export interface Connection {
  readonly kube: KubePort;
  readonly credentials: KubeCredentials;
  readonly namespace: string;
  close(): Promise<void>;
}

/** The API that a command talks to: local mode's, or that of the current kube context. */
export async function connectKube(choice: KubeChoice): Promise<Connection> {
  const env = choice.local === undefined ? process.env : { MERIDIAN_KUBE_URL: choice.local };
  const credentials = await loadCredentials({ env, clock: systemPorts.clock, kubeconfig: choice.kubeconfig, context: choice.context });
  const transport = createTransport({ credentials, userAgent: 'meridian-cli' });
  return { kube: createKubeClient({ transport, ports: systemPorts }), credentials, namespace: credentials.namespace ?? 'default', close: async () => transport.close() };
}
