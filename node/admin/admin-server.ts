import type { HibernateRequest, LiveConfig, NodeStatus, SnapshotStatus, SwitchoverRequest } from '../../shared/admin/contract.ts';
import type { NodeNamespaces } from '../../shared/namespaces/document.ts';
import { newBusCounters, type BusCounters } from '../../shared/bus/counters.ts';
import type { BusKeys, PeerIdentity } from '../../shared/bus/identity.ts';
import { MeridianError } from '../../shared/errors/meridian-error.ts';
import { listenBus } from '../../shared/io/bus-tcp.ts';
import type { Logger } from '../../shared/log/log.ts';
import type { Ports } from '../../shared/ports/ports.ts';

/** What the admin port can ask of the node. */
export interface AdminActions {
  status(): NodeStatus;
  /** Throws NODE_CONFIG when the settings make no sense; answers the revision in force afterwards. */
  applyConfig(settings: unknown): LiveConfig['revision'];
  /** Throws NODE_CONFIG when it is no document of namespaces; answers the revision in force afterwards. */
  applyNamespaces(document: unknown): number;
  namespaceFigures(): NodeNamespaces;
  /** The generation in force once they were read again. */
  targetsChanged(): Promise<number | undefined>;
  /** Where the node is with its snapshot afterwards. */
  hibernate(on: boolean): SnapshotStatus | undefined;
  /** Resolves with whether this node leads no more because another does. */
  switchover(target: string | undefined): Promise<boolean>;
}

export interface AdminServer {
  readonly port: number;
  readonly counters: BusCounters;
  close(): Promise<void>;
}

/** The admin port: the operator and the command line, proved by the cluster's bus key; nodes themselves have no business here. */
export async function startAdminServer(options: {
  readonly ports: Ports;
  readonly identity: PeerIdentity;
  readonly keys: () => BusKeys;
  readonly host: string;
  readonly port: number;
  readonly actions: AdminActions;
  readonly log: Logger;
}): Promise<AdminServer> {
  const counters = newBusCounters();
  const listener = await listenBus({
    ports: options.ports,
    host: options.host,
    port: options.port,
    greeting: () => ({ identity: options.identity, keys: options.keys(), acceptRoles: ['operator', 'cli'] }),
    owner: { open: () => ({ request: async (method, body) => answer(options.actions, method, body), fault: (method, error) => options.log.error('a request on the admin port failed', { method, error }) }) },
    counters,
    limits: { maxSessions: 64, maxHalfOpen: 32 },
  });
  return { port: listener.port, counters, close: () => listener.close() };
}

async function answer(actions: AdminActions, method: string, body: unknown): Promise<unknown> {
  switch (method) {
    case 'ping':
      return null;
    case 'status':
      return actions.status();
    case 'applyConfig':
      return { revision: actions.applyConfig(body) };
    case 'applyNamespaces':
      return { revision: actions.applyNamespaces(body) };
    case 'namespaceFigures':
      return actions.namespaceFigures();
    case 'targetsChanged':
      return { generation: await actions.targetsChanged() };
    case 'hibernate': {
      const { on } = (body ?? {}) as Partial<HibernateRequest>;
      if (typeof on !== 'boolean') throw new MeridianError('BUS_METHOD', { method: 'hibernate without on' });
      return { snapshot: actions.hibernate(on) };
    }
    case 'switchover': {
      const { target } = (body ?? {}) as SwitchoverRequest;
      if (target !== undefined && typeof target !== 'string') throw new MeridianError('BUS_METHOD', { method: 'switchover without a pod' });
      return { handedOver: await actions.switchover(target) };
    }
    default:
      throw new MeridianError('BUS_METHOD', { method });
  }
}
