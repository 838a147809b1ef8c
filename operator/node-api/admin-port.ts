import { adminClient, type AdminClient } from '../../shared/admin/client.ts';
import type { NodeStatus } from '../../shared/admin/contract.ts';
import { parseBusKey } from '../../shared/bus/identity.ts';
import { MeridianError } from '../../shared/errors/meridian-error.ts';
import { ports as podPorts } from '../../shared/kube/names.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import type { NodeApi, NodeTarget } from './node-api.ts';

/** A node answers within 1.5 s whether it has handed over. */
const switchoverTimeoutMs = 5_000;

export interface AdminPortOptions {
  readonly ports: Ports;
  /** Name of this operator for the nodes' logs. */
  readonly caller: string;
  readonly timeoutMs?: number;
  /** Default: the admin port of a pod. */
  readonly port?: number;
}

/**
 * Nodes over their admin port. A connection a call: a node is asked once a minute, and a thousand idle connections cost more
 * than a handshake.
 */
export function createNodeApi({ ports, caller, timeoutMs = 2_000, port = podPorts.admin }: AdminPortOptions): NodeApi {
  /** Nothing is asked of a pod that has taken the name and address of the one that is meant. */
  async function ask<T>(target: NodeTarget, limitMs: number, question: (client: AdminClient, status: NodeStatus) => T | Promise<T>): Promise<T> {
    const busKey = parseBusKey(target.busKey);
    if (!busKey) throw new MeridianError('NODE_CONFIG', { detail: `the bus key of ${target.pod} is not 64 hex digits` });
    const client = adminClient({ host: target.host, port, clusterUid: target.clusterUid, keys: [busKey], pod: target.pod, caller, ports, timeoutMs: limitMs });
    try {
      const status = await client.status();
      if (status.podUid !== target.podUid) throw new MeridianError('BUS_IDENTITY', { theirs: status.podUid, ours: target.podUid });
      return await question(client, status);
    } finally {
      client.close();
    }
  }
  return {
    status: (target) => ask(target, timeoutMs, (_client, status) => status),
    switchover: (target, to) => ask(target, switchoverTimeoutMs, async (client) => (await client.switchover(to)).handedOver),
    applyNamespaces: (target, document) => ask(target, timeoutMs, (client) => client.applyNamespaces(document)),
    namespaceFigures: (target) => ask(target, timeoutMs, (client) => client.namespaceFigures()),
    applyConfig: (target, config) => ask(target, timeoutMs, async (client) => (await client.applyConfig(config)).revision),
    hibernate: (target, on) => ask(target, timeoutMs, (client) => client.hibernate(on)),
    targetsChanged: (target) => ask(target, timeoutMs, async (client) => (await client.targetsChanged()).generation),
  };
}
