import type { LiveConfig } from '../../shared/admin/contract.ts';
import type { NamespacesDocument } from '../../shared/namespaces/document.ts';
import type { OwnershipMap } from '../../shared/kube/documents.ts';
import type { Logger } from '../../shared/log/log.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import type { ShardConfig } from '../replication/config.ts';
import type { Ledger } from '../replication/moves/ledger.ts';
import { buildView } from './build-view.ts';
import { createGossip, type Gossip, type GossipLinks } from './gossip.ts';
import type { ReadOwnership } from './kube-ownership.ts';
import type { MemberRecord } from './member.ts';
import { allRecords, newMembers, type Members } from './members.ts';
import type { Seeds } from './seeds.ts';
import type { ClusterView } from './view.ts';

export interface RegionOptions {
  readonly ports: Ports;
  readonly log: Logger;
  readonly clusterUid: string;
  readonly announce: 'ip' | 'hostname';
  readonly self: MemberRecord;
  readonly expected: () => number;
  readonly links: GossipLinks;
  readonly seeds: Seeds;
  readonly readOwnership: ReadOwnership;
  readonly settings: () => LiveConfig | undefined;
  readonly takeSettings: (value: unknown) => void;
  readonly namespaces: () => NamespacesDocument | undefined;
  readonly takeNamespaces: (value: unknown) => void;
  readonly onView: (view: ClusterView) => void;
  /** What the shard has logged of its moves (B9). */
  readonly ledger: () => Ledger | undefined;
  readonly onMap: () => void;
  /** Another node says that it leads this shard under a higher epoch. */
  readonly onDoubt: () => void;
}

/** What this node knows of its region, and its own place in it. */
export interface Region {
  readonly view: ClusterView;
  readonly members: Members;
  readonly gossip: Gossip;
  readonly map: OwnershipMap | undefined;
  /** Why nothing is served; undefined while this node serves. */
  readonly notServing: string | undefined;
  readonly lease: ShardConfig | undefined;
  /** This node leads its shard under this Lease: serves as soon as it has read the ownership map (P9). */
  lead(config: ShardConfig): void;
  standBy(config: ShardConfig | undefined, reason: string): void;
  /** Quorum read of the ownership map (P9); false when it could not be read. */
  readMap(): Promise<boolean>;
  /** A map that was read or written; an older one than known changes nothing. */
  noteMap(map: OwnershipMap): void;
  /** The ledger of moves has changed. */
  refresh(): void;
  /** This node leads its shard and serves from now on; the map has been read. */
  serve(config: ShardConfig): void;
  /** This node does not lead: what the others are told that it is. */
  follow(config: ShardConfig | undefined, role: 'replica' | 'syncing' | 'waiting', reason: string): void;
  /** The newest Lease that was seen, whoever leads by it. */
  noteLease(config: ShardConfig): void;
  /** Tells the others, and clients by them, that this node is about to go. */
  retire(): void;
  /** Asks the primary of the shard, if one is there that stays, to do without this copy; false when there is none. */
  part(): boolean;
  /** How many other copies of this shard stay, and how many of them are in sync. */
  staying(): { readonly copies: number; readonly inSync: number };
  /** Tells the others that this node goes; resolves when they know, within the time-out of a request. */
  leave(): Promise<void>;
  stop(): void;
}

const mapRetryMs = 250;

export function joinRegion(options: RegionOptions): Region {
  const { ports, log } = options;
  const members = newMembers(options.self);
  let map: OwnershipMap | undefined;
  let lease: ShardConfig | undefined;
  let notServing: string | undefined = 'the Lease of the shard has not been read yet';
  let stopped = false;
  let view = build();

  const gossip = createGossip({
    ports,
    members,
    links: options.links,
    seeds: options.seeds,
    expected: options.expected,
    carried: { map: () => map, takeMap, settings: options.settings, takeSettings: options.takeSettings, namespaces: options.namespaces, takeNamespaces: options.takeNamespaces },
    changed,
  });

  function build(): ClusterView {
    return buildView({ clusterUid: options.clusterUid, announce: options.announce, records: allRecords(members), map, ledger: options.ledger(), serving: notServing === undefined });
  }

  function changed(): void {
    view = build();
    options.onView(view);
    const { self } = members;
    const rival = view.primaryOf(self.shard);
    if (rival !== undefined && rival.pod !== self.pod && (members.others.get(rival.pod)?.record.epoch ?? 0) > (lease?.epoch ?? 0)) options.onDoubt();
  }

  /** A node never obeys a map older than one that it has seen (P4). */
  function takeMap(newer: OwnershipMap): void {
    if (map !== undefined && newer.version <= map.version) return;
    map = newer;
    log.info('took over an ownership map', { version: newer.version });
    gossip.announce();
    options.onMap();
  }

  async function readMap(): Promise<boolean> {
    try {
      takeMap(await options.readOwnership());
      return true;
    } catch (error) {
      log.warn('the ownership map could not be read', { error: error instanceof Error ? error.message : String(error) });
      return false;
    }
  }

  /** Serving begins once the map has been read after the Lease was won (P9); until then this is tried again. */
  async function open(config: ShardConfig): Promise<void> {
    const still = (): boolean => !stopped && lease === config && notServing !== undefined;
    while (still() && !(await readMap())) await new Promise<void>((resolve) => ports.timers.after(mapRetryMs, resolve, { keepAlive: false }));
    if (!still()) return;
    notServing = undefined;
    log.info('serves its shard', { epoch: config.epoch, ownershipVersion: map?.version });
    gossip.announce({ role: 'primary', epoch: config.epoch });
  }

  return {
    get view() {
      return view;
    },
    members,
    gossip,
    get map() {
      return map;
    },
    get notServing() {
      return notServing;
    },
    get lease() {
      return lease;
    },
    lead(config) {
      if (lease !== undefined && notServing === undefined && lease.epoch === config.epoch) {
        lease = config;
        return;
      }
      lease = config;
      notServing = 'the ownership map has not been read yet';
      open(config).catch((error: unknown) => log.error('unexpected', { error }));
    },
    standBy(config, reason) {
      const unchanged = notServing === reason && lease?.nonce === config?.nonce;
      lease = config;
      notServing = reason;
      if (unchanged) return;
      log.info('serves nothing', { reason, epoch: config?.epoch });
      if (members.self.role === 'waiting') changed();
      else gossip.announce({ role: 'waiting', epoch: config?.epoch ?? 0 });
    },
    readMap,
    noteMap: takeMap,
    refresh: changed,
    serve(config) {
      lease = config;
      notServing = undefined;
      log.info('serves its shard', { epoch: config.epoch, ownershipVersion: map?.version });
      gossip.announce({ role: 'primary', epoch: config.epoch });
    },
    follow(config, role, reason) {
      lease = config ?? lease;
      if (notServing === undefined) log.info('serves nothing', { reason, epoch: config?.epoch });
      notServing = reason;
      const { self } = members;
      if (self.role === role && self.epoch === (config?.epoch ?? 0)) changed();
      else gossip.announce({ role, epoch: config?.epoch ?? 0 });
    },
    noteLease(config) {
      lease = config;
    },
    retire: () => gossip.announce({ leaving: true }),
    part() {
      const primary = view.primaryOf(members.self.shard)?.pod;
      const record = primary === undefined ? undefined : members.others.get(primary)?.record;
      if (record?.state !== 'alive' || record.leaving === true) return false;
      gossip.announce({ parting: true });
      return true;
    },
    staying() {
      const copies = Array.from(members.others.values(), ({ record }) => record).filter(({ shard, state, leaving }) => shard === members.self.shard && state === 'alive' && leaving !== true);
      return { copies: copies.length, inSync: copies.filter(({ pod }) => lease?.isr.includes(pod)).length };
    },
    leave() {
      notServing = 'the node is stopping';
      return gossip.farewell({ state: 'left', role: 'waiting' });
    },
    stop() {
      stopped = true;
      gossip.stop();
    },
  };
}
