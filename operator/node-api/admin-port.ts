import { adminClient } from '../../shared/admin/client.ts';
import { parseBusKey } from '../../shared/bus/identity.ts';
import { MeridianError } from '../../shared/errors/meridian-error.ts';
import { ports as podPorts } from '../../shared/kube/names.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import type { NodeApi } from './node-api.ts';

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
  return {
    async status(target) {
      const busKey = parseBusKey(target.busKey);
      if (!busKey) throw new MeridianError('NODE_CONFIG', { detail: `the bus key of ${target.pod} is not 64 hex digits` });
      const client = adminClient({ host: target.host, port, clusterUid: target.clusterUid, keys: [busKey], pod: target.pod, caller, ports, timeoutMs });
      try {
        const status = await client.status();
        if (status.podUid !== target.podUid) throw new MeridianError('BUS_IDENTITY', { theirs: status.podUid, ours: target.podUid });
        return status;
      } finally {
        client.close();
      }
    },
  };
}
