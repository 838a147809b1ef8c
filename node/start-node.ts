import { MeridianError } from '../shared/errors/meridian-error.ts';
import { systemDisk } from '../shared/io/disk.ts';
import { kubeRequester } from '../shared/io/kube-request.ts';
import { listenPlainHttp } from '../shared/io/http-server.ts';
import { writeStdoutLine } from '../shared/io/stdout.ts';
import { nodesService, ports as standardPorts } from '../shared/kube/names.ts';
import type { NodeStatus } from '../shared/admin/contract.ts';
import type { PeerIdentity } from '../shared/bus/identity.ts';
import type { Logger } from '../shared/log/log.ts';
import type { Ports } from '../shared/ports/ports.ts';
import { startAdminServer } from './admin/admin-server.ts';
import { busQueueBytes, openBus, type Bus } from './bus/bus.ts';
import { accessFiles } from './config/access.ts';
import { parseLiveConfig } from './config/documents.ts';
import { createNamespacesIntake, keptNamespaces } from './config/namespaces-intake.ts';
import { readEnvironment, type Env, type NodeEnvironment } from './config/environment.ts';
import { asPush, settingsOf, withFile, withPush, type Settings } from './config/live-settings.ts';
import { readMounted, watchMounted, type MountedFiles } from './config/mounted.ts';
import { secretSeed } from './engine/hash.ts';
import { Store } from './engine/store.ts';
import { figuresOf, healthOf, namespaceFiguresOf, notReadyReason, statusOf, type Reported } from './figures.ts';
import { openAccessLog } from './api/access-log/open.ts';
import { openHttp } from './api/service.ts';
import { part } from './copies/hand-over.ts';
import { createLinks, replicationMessage, replicationPartMessage } from './copies/links.ts';
import { kubeMap } from './moves/kube-map.ts';
import { createMoveDesk, type MoveDesk } from './moves/move-desk.ts';
import { movesMessage } from './moves/shard-links.ts';
import { answerRefused, refusedMethod } from './copies/proof-of-death.ts';
import type { Replicator } from './copies/contract.ts';
import { createReplicator } from './copies/replicator.ts';
import { steadyClock } from './replication/shard-time.ts';
import { createWitnessDesk } from './copies/witness-desk.ts';
import type { ShardConfig } from './replication/config.ts';
import { keepLease } from './lease/keeper.ts';
import { kubeLease } from './lease/kube-lease.ts';
import { measureLag } from './metrics/event-loop-lag.ts';
import { writeMetrics } from './metrics/exposition.ts';
import { nodeMetrics } from './metrics/node-metrics.ts';
import { answerProbe } from './metrics/probes.ts';
import { createAccessControl } from './server/acl/access-control.ts';
import { holdBetweenLeaders } from './server/between-leaders.ts';
import { createNodeContext, type ServerNodeContext } from './server/create-node-context.ts';
import { allClientsBytesFor } from './server/settings/limits.ts';
import { linger } from './server/sent-away.ts';
import { startRedisServer } from './server/start.ts';
import { buildView } from './topology/build-view.ts';
import { kubeOwnership } from './topology/kube-ownership.ts';
import type { MemberRecord } from './topology/member.ts';
import { chooseBackend } from './io/choose-backend.ts';
import { keepStore } from './keep-store.ts';
import { joinChannels, publicationMessage } from './pubsub/region-channels.ts';
import { createStoreView } from './store-view.ts';
import { createTenancyDesk, usageMessage } from './tenancy/tenancy-desk.ts';
import { policyNames, type PolicyName } from './eviction/policy.ts';
import { createSnapshotKeeper, type SnapshotKeeper } from './snapshot/keeper.ts';
import { joinRegion } from './topology/region.ts';
import { fileSeeds, serviceSeeds } from './topology/seeds.ts';

export interface NodeOptions {
  readonly env: Env;
  readonly ports: Ports;
  readonly log: Logger;
  /** Of the program. */
  readonly version: string;
  /** The data of this process cannot be kept up: it must begin anew. */
  readonly onBroken?: () => void;
}

export interface RunningNode {
  readonly pod: string;
  /** Where it really listens. */
  readonly ports: { readonly redis: number; readonly http: number; readonly bus: number; readonly metrics: number; readonly admin: number };
  /** Tells the others, lets clients finish, closes everything. */
  stop(): Promise<void>;
}

/** The operator's schema admits no other names; a newer operator's policy falls back to the default one. */
const policyOf = (name: string): PolicyName => policyNames.find((one) => one === name) ?? 'allkeys-s3fifo';

const kubeTimeoutMs = 5_000;
const filePollMs = 15_000;
const drainMs = 2_000;
const httpDrainMs = 500;
/** A copy that is about to be in sync is waited for. */
const handOverMs = 15_000;
const switchoverMs = 1_500;
const redirectMs = 5_000;
/** How often the store is told what buffers of other nodes take. */
const measureMs = 100;
/** How much longer than others a node lingers that is needed, or used: within the grace of its pod (75 s), with hand-overs before and after. */
const neededMs = 15_000;
const usedMs = 30_000;

/**
 * Starts a cache node: listens first, then takes its place in the shard. Throws NODE_CONFIG or PORT_TAKEN when it cannot start;
 * whatever goes wrong later is logged, shown by status and probes, and tried again.
 */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const { ports, log } = options;
  const startedMs = ports.clock.monotonicMs();
  const environment = readEnvironment(options.env);
  let mounted = readMounted(environment.folders);
  const { config } = mounted;
  let settings = settingsOf(config);
  const incarnation = Buffer.from(ports.random.bytes(16)).toString('hex');
  const place = { namespace: config.namespace, cluster: config.cluster, region: config.region, shard: environment.shard };
  const identity = { role: 'node', clusterUid: config.clusterUid, pod: environment.pod, podUid: environment.podUid, incarnation } as const;

  const store = new Store({ seed: secretSeed(mounted.busKeys[0], place.shard), limitBytes: settings.memoryBytes, verify: environment.verify, random: ports.random.unit });
  store.setPolicy(policyOf(settings.eviction));
  const known: { reported?: Reported; context?: ServerNodeContext } = {};
  // A step of the wall clock expires nothing early (P16).
  const steadyPorts: Ports = { ...ports, clock: steadyClock(ports.clock) };
  const stopKeeping = keepStore(store, steadyPorts, () => known.context ?? {});
  const access = createAccessControl(accessFiles(mounted, settings), ports.clock);
  const provisional = memberRecord(environment, config, incarnation, environment.ports, ports);
  const context = createNodeContext({ ports: steadyPorts, store, limits: { allClientsBytes: allClientsBytesFor(settings.memoryBytes) }, storeView: createStoreView(store, steadyPorts.clock.wallMs), version: options.version, access, onFailure: (error, command, reference) => log.error('a command failed', { command, reference, error }), cluster: buildView({ clusterUid: config.clusterUid, announce: config.announce, records: [provisional], map: undefined, serving: false }) });

  const host = environment.listenHost;
  const wanted = environment.ports;
  const onBus = { answer: (_method: string, _body: unknown, _from: string): Promise<unknown> => Promise.reject(new MeridianError('BUS_METHOD', { method: 'anything yet' })), message: (_type: number, _payload: Uint8Array, _from: PeerIdentity): void => undefined, peer: (_pod: string, _open: boolean): void => undefined, switchover: (_target: string | undefined): Promise<boolean> => Promise.resolve(false), topology: (): void => undefined };
  // One for both ports: their clients are looked at by one call, and answered in the same rounds.
  const backend = chooseBackend(environment.io, ports.timers);
  let redisListens = false;
  /** Reports can be asked for as soon as the ports listen, which is before there is anything to report. */
  const source = (): Reported => {
    if (known.reported === undefined) throw new MeridianError('LOADING');
    return known.reported;
  };

  const [redis, bus, admin] = await Promise.all([
    listening('redis', wanted.redis, startRedisServer({ node: context, host, port: wanted.redis, backend })),
    listening('bus', wanted.bus, openBus({ ports, identity, keys: () => mounted.busKeys, host, port: wanted.bus, mostUnsentBytes: () => busQueueBytes(settings.memoryBytes), handler: { request: (method, body, from) => onBus.answer(method, body, from.pod), message: (type, payload, from) => onBus.message(type, payload, from), fault: (method, error) => log.error('a request on the bus failed', { method, error }) }, onPeer: (peer, open) => onBus.peer(peer.pod, open) })),
    listening('admin', wanted.admin, startAdminServer({ ports, identity, keys: () => mounted.busKeys, host, port: wanted.admin, log, actions: { status: () => statusOf(source()), applyConfig, applyNamespaces, namespaceFigures: () => namespaceFiguresOf(source()), switchover: (target) => onBus.switchover(target), hibernate: (on) => (source(), snapshots.hibernate(on)), targetsChanged: async () => (source(), moves.targetsChanged()) } })),
  ]);
  redisListens = true;
  const accessLog = await openAccessLog({ ports, log, env: options.env, place: { cluster: config.cluster, region: config.region, node: environment.pod }, writeLine: writeStdoutLine });
  const [http, metrics] = await Promise.all([
    listening('http', wanted.http, openHttp({ ports, backend, host, port: wanted.http, context, bus, inside: redis.inside, recordOf: (pod) => known.reported?.region.members.others.get(pod)?.record, health: () => healthOf(source()), place: { cluster: config.cluster, region: config.region, regions: config.regions }, version: options.version, accessLog })),
    listening('metrics', wanted.metrics, listenPlainHttp(host, wanted.metrics, (request) =>
      answerProbe(request, { metrics: () => writeMetrics(nodeMetrics(figuresOf(source()))), notReady: () => (known.reported === undefined ? 'starting' : notReadyReason(known.reported)), started: () => known.reported !== undefined }))),
  ]);
  const actual = { redis: redis.port, http: http.port, bus: bus.port, metrics: metrics.port, admin: admin.port };

  const kube = kubeRequester(environment.kube, kubeTimeoutMs);
  const namespaces = createNamespacesIntake({
    ports,
    log,
    readKept: keptNamespaces(kube, place),
    onDocument(document) {
      context.namespaces?.apply(document);
      access.bind(document.namespaces);
      known.reported?.region.gossip.announce();
    },
  });
  const moves: MoveDesk = createMoveDesk({
    ports, log, shard: environment.shard, store, context, bus, kube: kubeMap(kube, place),
    memoryBytes: () => settings.memoryBytes,
    region: () => region,
    beginLog() {
      if (replicator === undefined) beginCopies();
    },
  });
  const region = joinRegion({
    ports,
    log,
    clusterUid: config.clusterUid,
    announce: config.announce,
    self: memberRecord(environment, config, incarnation, actual, ports),
    expected: () => mounted.config.shards * (1 + mounted.config.replicas),
    links: bus,
    seeds: environment.seedsFile === undefined ? serviceSeeds(`${nodesService(config.cluster, config.region)}.${config.namespace}.svc`, standardPorts.bus) : fileSeeds(environment.seedsFile),
    readOwnership: kubeOwnership(kube, place),
    settings: () => asPush(settings),
    takeSettings: (value) => void applyConfig(value),
    namespaces: () => namespaces.document,
    takeNamespaces: (value) => void namespaces.take(value),
    onView(view) {
      holdBetweenLeaders(context.internals.slotGate, context.cluster, view);
      context.cluster = view;
      onBus.topology();
      snapshots.changed();
    },
    ledger: () => moves.ledger(),
    onMap: () => moves.mapChanged(),
    onDoubt: () => claim?.doubt(),
  });
  const leasePort = kubeLease(kube, place);
  const self = { pod: environment.pod, podUid: environment.podUid, incarnation, shard: environment.shard };
  const recordOf = (pod: string) => region.members.others.get(pod)?.record;
  const links = createLinks(bus, recordOf);
  const witnessDesk = createWitnessDesk(ports, links, self);
  function replicate(resume: ShardConfig | undefined): Replicator {
    const made = createReplicator({
      ports, log, context, bus, links, region, lease: leasePort, self, resume,
      settings: () => settings,
      held: () => snapshots.held,
      moves: moves.hooks,
      onBroken(error) {
        log.error('this copy cannot be kept', { error });
        options.onBroken?.();
      },
    });
    moves.attach(made.stream);
    return made;
  }
  let aloneSince: NodeStatus['takeover'];
  // One copy by specification: the claim alone, and nothing is streamed. More: the replication member.
  let replicator = config.replicas === 0 ? undefined : replicate(undefined);
  context.copies = replicator?.copies;
  const claim = replicator !== undefined ? undefined : keepLease({
    ports,
    log,
    lease: leasePort,
    self: { pod: environment.pod, podUid: environment.podUid, ordinal: Number(/\d+$/.exec(environment.pod)?.[0] ?? 0), incarnation, emptyAfterMs: settings.emptyShardAfterMs, get holds() {
      return snapshots.held?.id;
    } },
    onServe(lease, woken) {
      // Alone, a process that leads has begun with what it was started with: its outage is at least its own age.
      if (lease.epoch !== aloneSince?.epoch) aloneSince = { epoch: lease.epoch, cause: woken ? 'woken' : 'empty', outageMs: Math.round(ports.clock.monotonicMs() - startedMs) };
      region.lead(lease);
    },
    onStandBy: (lease, reason) => region.standBy(lease, reason),
  });

  /** The shard is to have copies from now on: who leads it goes on leading, with a log that begins now. */
  function beginCopies(): void {
    // A sealed Lease is not gone on with; when writes are taken again is soon enough.
    if (context.frozen === true) return;
    claim?.stop();
    replicator = replicate(region.notServing === undefined ? region.lease : undefined);
    context.copies = replicator.copies;
    replicator.start();
  }
  const snapshots: SnapshotKeeper = createSnapshotKeeper({
    ports, log, context, moves, disk: systemDisk, folder: environment.folders.data, lease: leasePort, readNamespaces: keptNamespaces(kube, place),
    self: { clusterUid: config.clusterUid, region: config.region, shard: environment.shard, pod: environment.pod, incarnation },
    region: () => region,
    emptyAfterMs: () => settings.emptyShardAfterMs,
    writer: () => replicator ?? claim,
  });
  let phase: 'waits' | 'begun' | 'stopped' = 'waits';
  const lag = measureLag(ports);
  context.cluster = region.view;
  known.context = context;
  const publications = joinChannels({ bus, channels: context.server.channels, shard: environment.shard, others: () => Array.from(region.members.others.values(), ({ record }) => record) });
  const tenancy = createTenancyDesk({ ports, log, context, bus, recordOf, leads: () => region.notServing === undefined, epoch: () => region.lease?.epoch ?? 0, incarnation });
  onBus.topology = tenancy.changed;
  onBus.answer = (method, body, from) => tenancy.answer(method, body) ?? (method === refusedMethod ? answerRefused(ports.timers, body, recordOf) : region.gossip.answer(method, body, from));
  onBus.message = (type, payload, from) => {
    if (http.message(type, payload, from)) return;
    if (type === movesMessage) return moves.receive(payload, from);
    if (type === publicationMessage) return publications.receive(payload, from);
    if (type === usageMessage) return tenancy.receive(payload);
    if (type === replicationPartMessage) {
      const whole = links.joined(payload, from);
      if (whole !== undefined) witnessDesk.message(whole, from, replicator?.receive);
      return;
    }
    if (type !== replicationMessage) throw new MeridianError('BUS_PROTOCOL', { detail: `message of type ${type} where none is expected` });
    witnessDesk.message(payload, from, replicator?.receive);
  };
  onBus.switchover = (target) => (context.frozen === true ? Promise.resolve(false) : (replicator?.handOver(target, switchoverMs) ?? Promise.resolve(false)));
  onBus.peer = (pod, open) => {
    if (open) return;
    http.disconnected(pod);
    publications.disconnected(pod);
    replicator?.disconnected(pod);
  };
  known.reported = { region, store, context, settings: () => settings, cluster: config.cluster, version: options.version, redisListens: () => redisListens, lagMs: lag.worstMs, bus, admin, takeover: () => replicator?.takeover ?? aloneSince, moves: () => moves.status(), http: http.figures, snapshots };

  function applySettings(next: Settings): void {
    if (next === settings) return;
    access.load(accessFiles(mounted, next));
    settings = next;
    if (replicator === undefined || replicator.copies.leads) store.limitBytes = next.memoryBytes;
    context.internals.limits.allClientsBytes = allClientsBytesFor(next.memoryBytes);
    store.setPolicy(policyOf(next.eviction));
    log.info('settings changed', { revision: next.revision, memoryBytes: next.memoryBytes, eviction: next.eviction });
  }

  /** Before there is anything to report there is no door for them either: the operator comes again. */
  function applyNamespaces(value: unknown): number {
    source();
    return namespaces.take(value);
  }

  function applyConfig(value: unknown): number {
    const before = settings.revision;
    applySettings(withPush(settings, parseLiveConfig(value)));
    if (settings.revision > before) known.reported?.region.gossip.announce();
    return settings.revision;
  }

  function rereadFiles(): void {
    try {
      const next = readMounted(environment.folders);
      const changed = JSON.stringify(next.config) !== JSON.stringify(mounted.config);
      access.load(accessFiles(next, settings));
      mounted = next;
      if (changed) applySettings(withFile(settings, next.config));
      if (phase === 'begun' && replicator === undefined && next.config.replicas > 0) beginCopies();
    } catch (error) {
      // A file that is being replaced, or that makes no sense: what is in force stays.
      log.warn('the mounted files could not be read', { error });
    }
  }
  /** Clients are sent to the successor, and go, before their connections are closed. */
  async function handOver(): Promise<void> {
    const lively = redis.lively();
    if ((await replicator?.handOver(undefined, handOverMs)) === true) await lively.wait(ports, () => ![undefined, environment.pod].includes(region.view.primaryOf(environment.shard)?.pod), redirectMs);
  }

  /** Longer while writes would be refused without this copy (P10), or clients are there that used it. */
  function mayLinger(forMs: number): boolean {
    const { copies, inSync } = region.staying();
    if (copies === 0 || environment.lingerMs === 0) return false;
    return forMs < environment.lingerMs + (redis.isUsed() ? usedMs : inSync < settings.minInSync ? neededMs : 0);
  }

  const stopWatching = watchMounted(environment.folders, rereadFiles);
  const poll = ports.timers.every(filePollMs, rereadFiles, { keepAlive: false });

  namespaces.start();
  region.gossip.start();
  snapshots.start(() => {
    if (phase === 'stopped') return;
    phase = 'begun';
    claim?.start();
    replicator?.start();
  });
  moves.start();
  const measuring = ports.timers.every(measureMs, () => (store.peerBytes = bus.unsentBytes() + moves.heldBytes()), { keepAlive: false });
  tenancy.start();
  log.info('listening', { pod: environment.pod, incarnation, ports: actual });

  return {
    pod: environment.pod,
    ports: actual,
    async stop() {
      const fromMs = ports.clock.monotonicMs();
      region.retire();
      await handOver();
      await linger(ports, () => mayLinger(ports.clock.monotonicMs() - fromMs));
      // Whoever was to lead may have gone meanwhile.
      for (const goOn of [handOver, () => part(ports, region, replicator), handOver]) await goOn();
      phase = 'stopped';
      snapshots.stop();
      stopWatching();
      ports.timers.cancel(poll);
      ports.timers.cancel(measuring);
      namespaces.stop();
      claim?.stop();
      moves.stop();
      tenancy.stop();
      replicator?.stop();
      // The primary takes a copy out of the in-sync set as soon as it hears that it goes: until then its writes wait for it.
      const isCopy = replicator?.copies.leads === false;
      if (isCopy) await region.leave();
      redisListens = false;
      await redis.stop({ drainMs });
      stopKeeping();
      if (!isCopy) await region.leave();
      region.stop();
      lag.stop();
      await Promise.all([bus.close(), admin.close(), http.close(httpDrainMs).then(() => accessLog.close()), metrics.close()]);
    },
  };
}

function memberRecord(environment: NodeEnvironment, config: MountedFiles['config'], incarnation: string, listen: RunningNode['ports'], ports: Ports): MemberRecord {
  return {
    pod: environment.pod,
    uid: environment.podUid,
    incarnation,
    generation: Math.floor(ports.clock.wallMs()),
    version: 1,
    state: 'alive',
    region: config.region,
    shard: environment.shard,
    role: 'waiting',
    epoch: 0,
    ip: environment.ip,
    hostname: `${environment.pod}.${nodesService(config.cluster, config.region)}.${config.namespace}.svc`,
    redisPort: listen.redis,
    httpPort: listen.http,
    busPort: listen.bus,
  };
}

async function listening<T extends { readonly port: number } | Bus>(purpose: 'redis' | 'http' | 'bus' | 'metrics' | 'admin', port: number, started: Promise<T>): Promise<T> {
  try {
    return await started;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new MeridianError('PORT_TAKEN', { port, purpose, flag: `MERIDIAN_${purpose.toUpperCase()}_PORT` }, { cause: error });
  }
}
