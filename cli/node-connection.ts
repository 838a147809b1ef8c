import type { KubeObject, KubePort } from '../operator/kube/port.ts';
import { resourceTypes } from '../operator/kube/types.ts';
import { adminClient, type AdminClient } from '../shared/admin/client.ts';
import { parseBusKey } from '../shared/bus/identity.ts';
import { MeridianError } from '../shared/errors/meridian-error.ts';
import { annotations, busSecret, labels, ports } from '../shared/kube/names.ts';
import type { Connection } from './kube.ts';
import { forwardPort, type Forward } from './port-forward.ts';

/** The key that proves a caller to a cluster's nodes: whoever may read the bus Secret may command them. */
export async function readBusKey(kube: KubePort, namespace: string, cluster: string): Promise<Uint8Array> {
  const name = busSecret(cluster);
  const secret = await kube.get(resourceTypes.secret, namespace, name);
  if (secret === undefined) throw new MeridianError('KUBE_NOT_FOUND', { kind: 'Secret', name: `${namespace}/${name}` });
  const key = parseBusKey(Buffer.from(secret.data?.['bus-key'] ?? '', 'base64').toString('utf8').trim());
  if (key === undefined) throw new MeridianError('NODE_CONFIG', { detail: `the key in the Secret ${name} is not 64 hex digits` });
  return key;
}

/** Local mode says on the pod which ports its process has; elsewhere the pod is reached through the API server. */
function localAdminPort(pod: KubeObject): number | undefined {
  const text = pod.metadata.annotations?.[annotations.ports];
  return text === undefined ? undefined : (JSON.parse(text) as { readonly admin: number }).admin;
}

/** Asks one node over its admin port. Throws NODE_UNREACHABLE with what stood in the way, or the node's own error. */
export async function withNode<T>(connection: Connection, pod: KubeObject, busKey: Uint8Array, timeoutMs: number, ask: (client: AdminClient) => Promise<T>): Promise<T> {
  const { name, namespace = 'default' } = pod.metadata;
  const local = localAdminPort(pod);
  let forward: Forward | undefined;
  if (local === undefined) forward = await forwardPort(connection.credentials, namespace, name, ports.admin);
  const client = adminClient({ host: '127.0.0.1', port: local ?? (forward as Forward).port, clusterUid: pod.metadata.labels?.[labels.clusterUid] ?? '', keys: [busKey], pod: name, role: 'cli', caller: 'meridian-cli', timeoutMs });
  try {
    return await ask(client);
  } catch (error) {
    const said = forward?.fault();
    if (said === undefined || !(error instanceof MeridianError)) throw error;
    throw new MeridianError('NODE_UNREACHABLE', { pod: name, detail: said }, { cause: error });
  } finally {
    client.close();
    await forward?.close();
  }
}
