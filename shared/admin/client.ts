import { channelDefaults, type Channel } from '../bus/channel.ts';
import { newBusCounters, type BusCounters } from '../bus/counters.ts';
import type { BusKeys, PeerIdentity } from '../bus/identity.ts';
import { MeridianError } from '../errors/meridian-error.ts';
import { namespacesAppliedSchema, nodeNamespacesSchema, type NamespacesDocument, type NodeNamespaces } from '../namespaces/document.ts';
import { dialBus } from '../io/bus-tcp.ts';
import { systemPorts } from '../ports/system.ts';
import type { Ports } from '../ports/ports.ts';
import { hibernateAnswerSchema, liveConfigAppliedSchema, nodeStatusSchema, switchoverDoneSchema, targetsReadSchema, type LiveConfig, type LiveConfigApplied, type NodeStatus, type SnapshotStatus, type SwitchoverDone, type TargetsRead } from './contract.ts';

/** The admin port of one node. Every call fails with a MeridianError: BUS_UNREACHABLE, BUS_TIMEOUT, BUS_IDENTITY, BUS_AUTH, BUS_TARGET … */
export interface AdminClient {
  status(): Promise<NodeStatus>;
  /** Gives the node settings that take effect at once; it spreads them to the nodes of its region. An older revision than it has changes nothing. */
  applyConfig(config: LiveConfig): Promise<LiveConfigApplied>;
  /** Gives the node the namespaces of its cluster; it spreads them to the nodes of its region. Answers the revision in force: a higher one than given wins. */
  applyNamespaces(document: NamespacesDocument): Promise<number>;
  /** What the node has counted for each namespace. */
  namespaceFigures(): Promise<NodeNamespaces>;
  /** Planned hand-over of the shard that this node leads, without a failed operation. */
  switchover(target?: string): Promise<SwitchoverDone>;
  /** Has the primary refuse writes and keep a snapshot of its shard on its volume, or take writes again; answers where it is with that. */
  hibernate(on: boolean): Promise<SnapshotStatus | undefined>;
  /** The targets were written: the node reads them again, at once. */
  targetsChanged(): Promise<TargetsRead>;
  /** Resolves when the node's event loop answers. */
  ping(): Promise<void>;
  close(): void;
}

export interface AdminClientOptions {
  readonly host: string;
  readonly port: number;
  readonly clusterUid: string;
  /** 32 bytes each (shared/bus/identity.ts, `parseBusKey`), newest first. */
  readonly keys: BusKeys;
  /** Pod that must answer; absent: any of the cluster. */
  readonly pod?: string;
  readonly role?: 'operator' | 'cli';
  /** Name of the caller for the node's log. */
  readonly caller?: string;
  /** For each call, connecting included. */
  readonly timeoutMs?: number;
  readonly ports?: Ports;
  readonly counters?: BusCounters;
}

/** Connects at the first call and again after a connection was lost; a call in flight then fails and is not repeated. */
export function adminClient(options: AdminClientOptions): AdminClient {
  const ports = options.ports ?? systemPorts;
  const timeoutMs = options.timeoutMs ?? channelDefaults.requestTimeoutMs;
  const counters = options.counters ?? newBusCounters();
  const identity: PeerIdentity = {
    role: options.role ?? 'operator',
    clusterUid: options.clusterUid,
    pod: options.caller ?? 'operator',
    podUid: '',
    incarnation: Buffer.from(ports.random.bytes(16)).toString('hex'),
  };
  let connecting: Promise<Channel> | undefined;

  function channel(): Promise<Channel> {
    connecting ??= dialBus({
      ports,
      host: options.host,
      port: options.port,
      greeting: { identity, keys: options.keys, target: options.pod },
      counters,
      limits: { handshakeTimeoutMs: timeoutMs },
      owner: {
        open: () => ({ request: (method) => Promise.reject(new MeridianError('BUS_METHOD', { method })) }),
        closed: () => {
          connecting = undefined;
        },
      },
    }).catch((error: unknown) => {
      connecting = undefined;
      throw error;
    });
    return connecting;
  }

  const call = async (method: string, body: unknown): Promise<unknown> => (await channel()).request(method, body, timeoutMs);
  return {
    status: async () => nodeStatusSchema.parse(await call('status', null)),
    applyConfig: async (config) => liveConfigAppliedSchema.parse(await call('applyConfig', config)),
    applyNamespaces: async (document) => namespacesAppliedSchema.parse(await call('applyNamespaces', document)).revision,
    namespaceFigures: async () => nodeNamespacesSchema.parse(await call('namespaceFigures', null)),
    switchover: async (target) => switchoverDoneSchema.parse(await call('switchover', { target })),
    hibernate: async (on) => hibernateAnswerSchema.parse(await call('hibernate', { on })).snapshot,
    targetsChanged: async () => targetsReadSchema.parse(await call('targetsChanged', null)),
    ping: async () => {
      await call('ping', null);
    },
    close() {
      connecting?.then((open) => open.close()).catch(() => undefined);
      connecting = undefined;
    },
  };
}
