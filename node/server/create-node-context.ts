import type { Ports } from '../../shared/ports/ports.ts';
import { allCommands } from '../commands/command-list.ts';
import type { NodeContext } from '../commands/node-context.ts';
import { Channels } from '../commands/pubsub/channels.ts';
import { createCommandTable, type Command } from '../commands/registry.ts';
import type { AccessControl } from '../commands/services.ts';
import type { StoreView } from '../commands/store-view.ts';
import { WorkingMemory } from '../commands/working-memory/working-memory.ts';
import type { Store } from '../engine/store.ts';
import { createTenantServices, type TenantServices } from '../tenants/services.ts';
import type { ClusterView } from '../topology/view.ts';
import { openAccess } from './acl/open-access.ts';
import { Pause } from './client-pause.ts';
import { Clients } from './client-directory.ts';
import { SlotGate } from './slot-gate.ts';
import { routeTogether, runQueued } from './executor.ts';
import { KeyNotifications } from './key-notifications.ts';
import { LatencySpikes } from './latency-monitor.ts';
import { Monitors } from './monitors.ts';
import { processFacts } from './process-facts.ts';
import { ServerKeyEvents } from './server-key-events.ts';
import { defaultLimits, workingRoomBytes, type ServerLimits } from './settings/limits.ts';
import { wholeNumber } from './settings/parameter.ts';
import { serverParameters } from './settings/parameters.ts';
import { storeParameters } from './settings/store-parameters.ts';
import { closeRevoked } from './revoked.ts';
import { ServerSettings } from './settings/settings.ts';
import { SlowCommands } from './slowlog.ts';
import { ServerStatistics } from './statistics.ts';
import { TenantGate } from './tenant-gate.ts';

export interface NodeContextOptions {
  readonly ports: Ports;
  readonly cluster: ClusterView;
  readonly store: Store;
  /** Absent: INFO and MEMORY know nothing of the store. */
  readonly storeView?: StoreView;
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
  readonly keyEvents: ServerKeyEvents;
  readonly slowlog: SlowCommands;
  readonly latency: LatencySpikes;
  readonly pause: Pause;
  readonly tenantGate: TenantGate;
  readonly tenants: TenantServices;
  readonly slotGate: SlotGate;
}

export type ServerNodeContext = NodeContext & { readonly internals: ServerInternals };

/** Everything that commands reach; node/main.ts replaces `cluster` whenever the topology changes. */
export function createNodeContext(options: NodeContextOptions): ServerNodeContext {
  const { ports, cluster, store } = options;
  const limits: ServerLimits = { ...defaultLimits(), ...options.limits };
  const clients = new Clients();
  const access = options.access ?? openAccess;
  const statistics = new ServerStatistics(Math.floor(ports.clock.wallMs()));
  const channels = new Channels();
  const notifications = new KeyNotifications(channels);
  const slowlog = new SlowCommands();
  const keyEvents = new ServerKeyEvents(ports, clients, notifications, store, slowlog, access);
  const latency = new LatencySpikes();
  const table = createCommandTable(allCommands);
  const pause = new Pause(ports, (name) => isWrite(table.named(name)), (paused) => (store.expiryPaused = paused));
  const tenants = createTenantServices({
    ports, store,
    shards: () => shardsOf(context.cluster),
    log: () => context.copies,
    onDelete: (bytes, start, length) => {
      if (!keyEvents.listening) return;
      keyEvents.changed(bytes, start, length);
      keyEvents.notify('g', 'del', bytes, start, length);
    },
    onFlush: (prefix) => {
      if (keyEvents.listening) keyEvents.namespaceFlushed(prefix);
    },
    onFree: (keys) => keyEvents.serveSoon(context, keys),
  });
  const tenantGate = new TenantGate(tenants, ports.clock);
  channels.mayDeliver = (channel, bytes) => tenantGate.mayPush(channel, bytes);
  channels.delivered = (channel, bytes) => tenantGate.pushed(channel, bytes);
  const settings = new ServerSettings([
    wholeNumber('slowlog-log-slower-than', slowlog.thresholdMicroseconds, -1, 2 ** 48, (value) => (slowlog.thresholdMicroseconds = value)),
    wholeNumber('slowlog-max-len', slowlog.maxEntries, 0, 1_000_000, (value) => slowlog.setMaxEntries(value)),
    wholeNumber('latency-monitor-threshold', 0, 0, 2 ** 48, (value) => (latency.thresholdMs = value)),
    ...serverParameters(limits), ...storeParameters(store), notifications.parameter(() => keyEvents.update()), wholeNumber('tracking-table-max-keys', keyEvents.tracking.maxKeys, 0, 2 ** 48, (value) => (keyEvents.tracking.maxKeys = value))]);
  const context: ServerNodeContext = {
    ports,
    cluster,
    namespaces: tenants.registry,
    tenants: tenantGate,
    keyEvents,
    store,
    storeView: options.storeView,
    prefetch: store,
    server: {
      table,
      clients,
      access,
      settings,
      statistics,
      channels,
      watchers: keyEvents.watchers,
      tracking: keyEvents.tracking,
      blocking: keyEvents.blocked,
      working: new WorkingMemory(() => workingRoomBytes(store)),
      slowlog,
      monitors: new Monitors(),
      latency,
      pause,
      routeTogether,
      runQueued,
      process: processFacts(ports.random, options.version ?? '0.0.0', 'epoll'),
      failed(error, command) {
        statistics.unexpectedErrors++;
        const reference = Buffer.from(ports.random.bytes(4)).toString('hex');
        options.onFailure?.(error, command, reference);
        return reference;
      },
    },
    internals: { clients, limits, statistics, settings, keyEvents, slowlog, latency, pause, tenantGate, tenants, slotGate: new SlotGate(ports.timers, () => table) },
  };
  if (options.access !== undefined) access.onChange = (readLess) => closeRevoked(clients.all(), access, readLess);
  return context;
}

/** Shards that own slots, which of them this node's is, whether this node leads it, and how many others keep it. */
function shardsOf({ shardOfSlot, self, members }: ClusterView): { readonly count: number; readonly place: number; readonly leads: boolean; readonly copies: number } {
  const shards = [...new Set(shardOfSlot.filter((shard) => shard >= 0))];
  return { count: shards.length, place: shards.filter((shard) => shard < self.shard).length, leads: self.role === 'primary', copies: members.filter((member) => member.shard === self.shard && member.health !== 'failed').length - 1 };
}

/** What a pause of writes holds back. */
function isWrite(command: Command | undefined): boolean {
  return command !== undefined && (command.write || command.spec.flags.includes('may_replicate'));
}
