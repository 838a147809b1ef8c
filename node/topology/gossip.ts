import type { LiveConfig } from '../../shared/admin/contract.ts';
import type { Channel } from '../../shared/bus/channel.ts';
import { MeridianError } from '../../shared/errors/meridian-error.ts';
import type { NamespacesDocument } from '../../shared/namespaces/document.ts';
import type { OwnershipMap } from '../../shared/kube/documents.ts';
import type { Ports, TimerHandle } from '../../shared/ports/ports.ts';
import type { PeerAddress } from '../bus/bus.ts';
import { parseMembers, type MemberRecord } from './member.ts';
import { allRecords, compareDigest, digestOf, forgetOld, markFailed, mergeRecords, updateSelf, type Digest, type Members } from './members.ts';
import { parseOwnershipMap } from './ownership.ts';
import type { Seeds } from './seeds.ts';
import { newSuspects, suspect, type Suspects } from './suspects.ts';

/**
 * How nodes of a region learn of each other with no API server: every node compares notes with a few others in turn, and
 * tells what is new to many at once. A round costs each node a constant number of small messages, however large the region is:
 * only when two nodes know different things do they exchange more.
 */
export interface GossipLinks {
  connect(peer: PeerAddress): Promise<Channel>;
  connectAddress(host: string, port: number): Promise<Channel>;
}

/** What gossip carries beside the members. */
export interface Carried {
  map(): OwnershipMap | undefined;
  takeMap(map: OwnershipMap): void;
  settings(): LiveConfig | undefined;
  /** An unparsed LiveConfig of a peer; throws when it is none. */
  takeSettings(value: unknown): void;
  namespaces(): NamespacesDocument | undefined;
  /** An unparsed document of a peer; throws when it is none. */
  takeNamespaces(value: unknown): void;
}

export interface GossipOptions {
  readonly ports: Ports;
  readonly members: Members;
  readonly links: GossipLinks;
  readonly seeds: Seeds;
  readonly carried: Carried;
  /** How many pods the region is to have; while fewer are known, seeds are asked. */
  readonly expected: () => number;
  /** Something of the members changed. */
  readonly changed: () => void;
}

/** The start of every exchange. */
interface Notes {
  readonly fingerprint: number;
  readonly self: MemberRecord;
  readonly mapVersion: number;
  readonly settingsRevision: number;
  readonly namespacesRevision: number;
}

/** What a peer carries that may be newer. */
type Carriage = Pick<Notes, 'mapVersion' | 'settingsRevision'> & Partial<Pick<Notes, 'namespacesRevision'>>;

export interface Gossip {
  start(): void;
  stop(): void;
  /** Answers a peer; throws BUS_METHOD for what is not gossip. */
  answer(method: string, body: unknown, from: string): Promise<unknown>;
  /** This node has changed what it says of itself, or has a newer map or settings: tells many at once. */
  announce(change?: Partial<Omit<MemberRecord, 'pod' | 'incarnation' | 'version'>>): void;
  /** The same, resolved when those who are told at once have answered or cannot be reached. */
  farewell(change: Partial<Omit<MemberRecord, 'pod' | 'incarnation' | 'version'>>): Promise<void>;
}

const roundMs = { settled: 1_000, restless: 150 } as const;
const peersPerRound = 2;
const seedsPerRound = 4;
/** Up to so many members are told of a change at once; beyond, news travel by being passed on. */
const toldAtOnce = 64;
const passedOnTo = 3;
const exchangeTimeoutMs = 1_000;

export function createGossip(options: GossipOptions): Gossip {
  const { ports, members, carried } = options;
  const suspects: Suspects = newSuspects();
  const ownAddresses = new Set<string>();
  let turn: string[] = [];
  let timer: TimerHandle | undefined;
  let running = false;

  const notes = (): Notes => ({ fingerprint: members.fingerprint, self: members.self, mapVersion: carried.map()?.version ?? 0, settingsRevision: carried.settings()?.revision ?? 0, namespacesRevision: carried.namespaces()?.revision ?? 0 });

  function learn(records: readonly MemberRecord[]): readonly MemberRecord[] {
    const news = mergeRecords(members, records, ports.clock.monotonicMs());
    if (news.length > 0) {
      for (const { pod } of news) suspects.cleared(pod);
      options.changed();
    }
    return news;
  }

  /** Compares notes with one peer and brings both to the same state. */
  async function exchange(channel: Channel): Promise<void> {
    const reply = (await channel.request('gossip', notes(), exchangeTimeoutMs)) as Notes & { readonly digest?: Digest };
    learn(parseMembers([reply.self]));
    if (Array.isArray(reply.digest) && reply.fingerprint !== members.fingerprint) {
      const { newer, wanted } = compareDigest(members, reply.digest);
      const more = (await channel.request('members', { records: newer, wanted }, exchangeTimeoutMs)) as { readonly records?: unknown };
      learn(parseMembers(more?.records));
    }
    await fetchCarried(channel, reply);
  }

  async function fetchCarried(channel: Channel, theirs: Carriage): Promise<void> {
    if (theirs.mapVersion > (carried.map()?.version ?? 0)) {
      const map = parseOwnershipMap(await channel.request('map', null, exchangeTimeoutMs));
      if (typeof map !== 'string') carried.takeMap(map);
    }
    if (theirs.settingsRevision > (carried.settings()?.revision ?? 0)) carried.takeSettings(await channel.request('settings', null, exchangeTimeoutMs));
    // A node of an earlier version does not speak of them.
    if ((theirs.namespacesRevision ?? 0) > (carried.namespaces()?.revision ?? 0)) carried.takeNamespaces(await channel.request('namespaces', null, exchangeTimeoutMs));
  }

  async function meet(pod: string): Promise<void> {
    const known = members.others.get(pod)?.record;
    if (known === undefined || known.state === 'left') return;
    try {
      await exchange(await options.links.connect(known));
      suspects.cleared(pod);
    } catch (error) {
      // A refusal is an answer: somebody listens, but it is not this member.
      if (error instanceof MeridianError && known.state === 'alive' && suspect(suspects, pod, ports.clock.monotonicMs())) await condemn(known);
    }
  }

  /** Before a member is called failed, two others are asked whether they reach it: the fault may be on this side. */
  async function condemn(record: MemberRecord): Promise<void> {
    const witnesses = pick(alivePeers().filter((peer) => peer.pod !== record.pod && !suspects.has(peer.pod)), 2);
    const reached = await Promise.all(
      witnesses.map(async (witness) => {
        try {
          return (await (await options.links.connect(witness)).request('probe', { pod: record.pod }, 2 * exchangeTimeoutMs)) === true;
        } catch {
          return false;
        }
      }),
    );
    if (reached.includes(true) || members.others.get(record.pod)?.record !== record) return;
    const failed = markFailed(members, record.pod, ports.clock.monotonicMs());
    if (failed === undefined) return;
    options.changed();
    void tell([failed], toldAtOnce);
  }

  /** Never rejects; who could not be told learns it in a later round. */
  async function tell(records: readonly MemberRecord[], most: number, except?: string): Promise<void> {
    const { mapVersion, settingsRevision, namespacesRevision } = notes();
    const told = pick(alivePeers().filter(({ pod }) => pod !== except), most);
    await Promise.allSettled(told.map(async (peer) => (await options.links.connect(peer)).request('news', { records, mapVersion, settingsRevision, namespacesRevision }, exchangeTimeoutMs)));
  }

  async function askSeeds(): Promise<void> {
    const known = new Set(alivePeers().map((peer) => `${peer.ip}:${peer.busPort}`));
    const unknown = (await options.seeds()).filter(({ host, port }) => !known.has(`${host}:${port}`) && !ownAddresses.has(`${host}:${port}`));
    await Promise.all(
      pick(unknown, seedsPerRound).map(async ({ host, port }) => {
        try {
          const channel = await options.links.connectAddress(host, port);
          if (channel.peer.pod === members.self.pod) {
            ownAddresses.add(`${host}:${port}`);
            channel.close();
          } else await exchange(channel);
        } catch {
          // It is asked again in a later round.
        }
      }),
    );
  }

  const alivePeers = (): readonly MemberRecord[] => Array.from(members.others.values(), ({ record }) => record).filter(({ state }) => state === 'alive');
  const incomplete = (): boolean => 1 + alivePeers().length < options.expected();

  function pick<T>(from: readonly T[], most: number): readonly T[] {
    if (from.length <= most) return from;
    const left = [...from];
    return Array.from({ length: most }, () => left.splice(Math.floor(ports.random.unit() * left.length), 1)[0]);
  }

  /** Every member once before any twice, in an order of its own each time. */
  function nextInTurn(): readonly string[] {
    if (turn.length < peersPerRound) turn = [...new Set([...turn, ...pick([...members.others.keys()], members.others.size).toSorted(() => ports.random.unit() - 0.5)])];
    return turn.splice(0, peersPerRound);
  }

  async function round(): Promise<void> {
    const pods = new Set([...nextInTurn(), ...suspects.all()]);
    await Promise.all([...Array.from(pods, meet), ...(incomplete() ? [askSeeds()] : [])]);
    if (forgetOld(members, ports.clock.monotonicMs())) options.changed();
  }

  function schedule(delayMs: number): void {
    if (!running) return;
    timer = ports.timers.after(delayMs * (0.75 + ports.random.unit() / 2), () => {
      round()
        .catch(() => undefined)
        .finally(() => schedule(incomplete() || suspects.all().length > 0 ? roundMs.restless : roundMs.settled));
    }, { keepAlive: false });
  }

  return {
    start() {
      running = true;
      schedule(0);
    },
    stop() {
      running = false;
      ports.timers.cancel(timer);
    },
    announce(change = {}) {
      updateSelf(members, change);
      options.changed();
      void tell([members.self], toldAtOnce);
    },
    async farewell(change) {
      updateSelf(members, change);
      options.changed();
      await tell([members.self], toldAtOnce);
    },
    async answer(method, body, from) {
      const fields = (typeof body === 'object' && body !== null ? body : {}) as Readonly<Record<string, unknown>>;
      switch (method) {
        case 'gossip':
          // A newcomer is told of to the others, so that it is known everywhere at once.
          passOn(learn(parseMembers([fields.self])), from);
          return { ...notes(), ...(fields.fingerprint === members.fingerprint ? {} : { digest: digestOf(members) }) };
        case 'members': {
          learn(parseMembers(fields.records));
          const wanted = new Set(Array.isArray(fields.wanted) ? (fields.wanted as readonly unknown[]) : []);
          return { records: allRecords(members).filter((record) => wanted.has(record.pod) || record.pod === members.self.pod) };
        }
        case 'news': {
          passOn(learn(parseMembers(fields.records)), from);
          const sender = members.others.get(from)?.record;
          if (sender !== undefined) fetchNews(sender, fields);
          return null;
        }
        case 'map':
          return carried.map() ?? null;
        case 'settings':
          return carried.settings() ?? null;
        case 'namespaces':
          return carried.namespaces() ?? null;
        case 'probe':
          return reaches(String(fields.pod));
        default:
          throw new MeridianError('BUS_METHOD', { method });
      }
    },
  };

  function passOn(news: readonly MemberRecord[], from: string): void {
    if (news.length > 0 && members.others.size > toldAtOnce / 2) void tell(news, passedOnTo, from);
    else if (news.some((record) => record.pod === members.self.pod)) void tell([members.self], toldAtOnce);
  }

  function fetchNews(sender: MemberRecord, fields: Readonly<Record<string, unknown>>): void {
    const theirs = { mapVersion: Number(fields.mapVersion) || 0, settingsRevision: Number(fields.settingsRevision) || 0, namespacesRevision: Number(fields.namespacesRevision) || 0 };
    options.links
      .connect(sender)
      .then((channel) => fetchCarried(channel, theirs))
      .catch(() => undefined);
  }

  async function reaches(pod: string): Promise<boolean> {
    const record = members.others.get(pod)?.record;
    if (record === undefined) return false;
    try {
      await (await options.links.connect(record)).request('gossip', notes(), exchangeTimeoutMs);
      return true;
    } catch {
      return false;
    }
  }
}
