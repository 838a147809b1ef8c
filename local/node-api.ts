import type { NodeApi, NodeTarget } from '../operator/node-api/node-api.ts';
import { adminClient, type AdminClient } from '../shared/admin/client.ts';
import { parseBusKey } from '../shared/bus/identity.ts';
import { MeridianError } from '../shared/errors/meridian-error.ts';
import type { Ports } from '../shared/ports/ports.ts';

/** Admin ports differ from pod to pod in local mode; the connection to each pod is kept and follows it when it moves. */
export function createLocalNodeApi(ports: Ports, adminPortOf: (namespace: string, pod: string) => number | undefined): NodeApi & { close(): void } {
  const clients = new Map<string, { readonly port: number; readonly podUid: string; readonly client: AdminClient }>();
  const clientOf = (target: NodeTarget, port: number): AdminClient => {
    const key = `${target.namespace}/${target.pod}`;
    const known = clients.get(key);
    if (known !== undefined && known.port === port && known.podUid === target.podUid) return known.client;
    known?.client.close();
    const busKey = parseBusKey(target.busKey);
    if (busKey === undefined) throw new MeridianError('NODE_CONFIG', { detail: `the bus key of ${target.pod} is not 64 hex digits` });
    const client = adminClient({ host: '127.0.0.1', port, clusterUid: target.clusterUid, keys: [busKey], pod: target.pod, ports, timeoutMs: 2_000 });
    clients.set(key, { port, podUid: target.podUid, client });
    return client;
  };
  const placed = (target: NodeTarget): AdminClient => {
    const port = adminPortOf(target.namespace, target.pod);
    if (port === undefined) throw new MeridianError('NODE_CONFIG', { detail: `pod ${target.pod} has no admin port yet` });
    return clientOf(target, port);
  };
  return {
    status: async (target) => placed(target).status(),
    switchover: async (target, to) => (await placed(target).switchover(to)).handedOver,
    applyNamespaces: async (target, document) => placed(target).applyNamespaces(document),
    namespaceFigures: async (target) => placed(target).namespaceFigures(),
    applyConfig: async (target, config) => (await placed(target).applyConfig(config)).revision,
    hibernate: async (target, on) => placed(target).hibernate(on),
    targetsChanged: async (target) => (await placed(target).targetsChanged()).generation,
    close() {
      for (const { client } of clients.values()) client.close();
      clients.clear();
    },
  };
}
