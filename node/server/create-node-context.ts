import type { Ports } from '../../shared/ports/ports.ts';
import { allCommands } from '../commands/command-list.ts';
import { noKeyEvents } from '../commands/key-events.ts';
import type { NodeContext } from '../commands/node-context.ts';
import { Channels } from '../commands/pubsub/channels.ts';
import { createCommandTable } from '../commands/registry.ts';
import type { AccessControl } from '../commands/services.ts';
import type { Store } from '../engine/store.ts';
import type { ClusterView } from '../topology/view.ts';
import { openAccess } from './acl/open-access.ts';
import { Clients } from './client-directory.ts';
import { processFacts } from './process-facts.ts';
import { defaultLimits, type ServerLimits } from './settings/limits.ts';
import { serverParameters } from './settings/parameters.ts';
import { ServerSettings } from './settings/settings.ts';
import { ServerStatistics } from './statistics.ts';

export interface NodeContextOptions {
  readonly ports: Ports;
  readonly cluster: ClusterView;
  readonly store: Store;
  /** Absent: everybody may do everything (no `auth` in the manifest). */
  readonly access?: AccessControl;
  /** What differs from the defaults. */
  readonly limits?: Partial<ServerLimits>;
  /** A command threw: to be logged with the reference that its client was given. */
  readonly onFailure?: (error: unknown, command: string, reference: string) => void;
  /** Version of Meridian, for INFO. */
  readonly version?: string;
}

/** What startRedisServer needs beside the contract of commands. */
export interface ServerInternals {
  readonly clients: Clients;
  readonly limits: ServerLimits;
  readonly statistics: ServerStatistics;
  readonly settings: ServerSettings;
}

export type ServerNodeContext = NodeContext & { readonly internals: ServerInternals };

/** Everything that commands reach; node/main.ts replaces `cluster` whenever the topology changes. */
export function createNodeContext(options: NodeContextOptions): ServerNodeContext {
  const { ports, cluster, store } = options;
  const limits: ServerLimits = { ...defaultLimits(), ...options.limits };
  const clients = new Clients();
  const statistics = new ServerStatistics(Math.floor(ports.clock.wallMs()));
  const settings = new ServerSettings(serverParameters(limits));
  return {
    ports,
    cluster,
    keyEvents: noKeyEvents,
    store,
    prefetch: store,
    server: {
      table: createCommandTable(allCommands),
      clients,
      access: options.access ?? openAccess,
      settings,
      statistics,
      channels: new Channels(),
      process: processFacts(ports.random, options.version ?? '0.0.0', 'epoll'),
      trackingClients: () => 0,
      failed(error, command) {
        statistics.unexpectedErrors++;
        const reference = Buffer.from(ports.random.bytes(4)).toString('hex');
        options.onFailure?.(error, command, reference);
        return reference;
      },
    },
    internals: { clients, limits, statistics, settings },
  };
}
