import type { Backlog } from './backlog.ts';
import type { ShardConfig } from './config.ts';
import type { MemberEffect } from './effects.ts';
import type { PlantedBugs } from './planted-bugs.ts';
import { origin, type Lineage, type Position } from './positions.ts';

export interface Timing {
  readonly heartbeatMs: number;
  /** L: how long an acknowledged heartbeat lets a primary serve, counted from when it was sent (P2). */
  readonly leaseMs: number;
  /** G: how long a promoter must have acknowledged nothing when it first serves (P3); ≥ L(1+ρ) + margin. */
  readonly graceMs: number;
  /** Silence after which a primary takes a member out, and a replica asks for proof of death. */
  readonly suspectMs: number;
  /** `emptyShardAfter` of the cluster. */
  readonly emptyAfterMs: number;
}

export const standardTiming: Timing = { heartbeatMs: 100, leaseMs: 1_000, graceMs: 1_200, suspectMs: 500, emptyAfterMs: 30_000 };

/** confirm: kept by a promotion, its log's end not known yet (P6), or a witness; stream: gets units; snapshot: gets a full copy first. */
type PeerStage = 'confirm' | 'stream' | 'snapshot';

export interface Peer {
  readonly member: string;
  incarnation: string;
  podUid: string;
  stage: PeerStage;
  /** Everything up to here has been received by this incarnation. */
  acked: Position;
  hasAcked: boolean;
  sentSeq: number;
  /** Batches whose answers are awaited, as far as is known. */
  inFlight: number;
  lastHeartbeatMs: number;
  /** Send time of the newest heartbeat that it acknowledged (P2 counts from sending). */
  ackedSentMs: number;
  /** Heartbeats on their way: id → when it was sent and how far units had been sent before it. */
  readonly heartbeats: Map<number, { readonly sentMs: number; readonly sentSeq: number }>;
  /** Batches that it has not acknowledged, oldest first: up to which seq, and when first sent (P12). */
  unacked: { readonly toSeq: number; readonly sentMs: number }[];
  snapshot: number;
  /** Of the snapshot: sent, acknowledged; the next one was asked for and is not there. */
  chunks: number;
  chunksAcked: number;
  chunkAsked: boolean;
  /** When it last acknowledged something new; a joiner that stands still is begun with again. */
  progressMs: number;
  /** A joiner is not tried again before this (P12: rejoin with back-off). */
  notBeforeMs: number;
}

export interface PendingCas {
  readonly id: number;
  readonly base: ShardConfig;
  readonly wanted: ShardConfig;
  readonly sinceMs: number;
  readonly purpose: 'promote' | 'remove' | 'add' | 'witness' | 'empty' | 'repair';
  readonly what: string;
  /** The answer was lost: the Lease is read until it shows who won (P11). */
  lost: boolean;
  lastTryMs: number;
}

export type Role = 'starting' | 'outsider' | 'replica' | 'candidate' | 'primary' | 'resigned';

export interface Opening {
  readonly cause: 'silence' | 'proof' | 'resigned' | 'empty' | 'woken';
  readonly silenceMs: number;
  /** P3: not before this; Infinity while the witness has not said how long it has heard nothing. */
  notBeforeMs: number;
  /** Witness of the configuration that an empty restart replaces. */
  readonly witness: string | undefined;
  mapRead: boolean;
  mapAskedMs: number;
}

export interface MemberOptions {
  readonly self: string;
  readonly incarnation: string;
  readonly podUid: string;
  readonly shard: number;
  readonly timing: Timing;
  readonly minInSync: number;
  readonly backlog: Backlog;
  /** 32 hex digits, new at each call. */
  readonly nonce: () => string;
  /** Uniform in [0, 1). */
  readonly jitter: () => number;
  /** Nodes outside the shard that can witness, in order of preference; none where a shard has one copy by its specification. */
  readonly witnesses: () => readonly string[];
  readonly incarnationOf: (member: string) => string;
  /** Shard time (P16): what this member says, and what it hears from its primary. */
  readonly shardMs: () => number;
  readonly observeShardMs: (shardMs: number, epoch: number) => void;
  /** Snapshot that the store was filled from at this start; absent: it is empty. */
  readonly holds?: string;
  readonly bugs: PlantedBugs;
}

export interface MemberState {
  readonly options: MemberOptions;
  role: Role;
  config: ShardConfig | undefined;
  lineage: Lineage;
  last: Position;
  /** Units executed on the store. */
  applied: number;
  commit: number;
  /** Up to which seq this log was found to be the primary's of that epoch (P6): only so far may its commit point be believed. */
  agreed: Position;
  /** When this member last acknowledged a heartbeat of the primary it obeys, or saw the Lease change (P3). */
  quietSinceMs: number;
  /** Primary: silence of others counts from here at the earliest (it began to lead, or woke from a pause). */
  leadSinceMs: number;
  lastTickMs: number;
  /** Incarnations of this shard proved dead (B2). */
  readonly dead: Set<string>;
  /** Incarnations that are about to end: a primary takes them out while they still acknowledge, so that no write waits for a compare-and-swap, and not in again. */
  readonly parting: Set<string>;
  /** Incarnations of this shard whose pods Kubernetes has removed: a pod that came later spoke under the same name (B1). */
  readonly replaced: Set<string>;
  /** What the first Lease that this incarnation saw named under its own name: it was there before this one. */
  found: string | undefined;
  probedMs: number;
  /** The connection to the primary broke and nothing was heard since: it is probed often until this. */
  alarmedUntilMs: number;
  /** Epoch in which the primary resigned towards us (P13), or in which we did. */
  resignedEpoch: number;
  resignSuccessor: string | undefined;
  readonly peers: Map<string, Peer>;
  /** A joiner that commits and leases count already, before its compare-and-swap is sent (P11). */
  joining: string | undefined;
  cas: PendingCas | undefined;
  casCount: number;
  read: { readonly request: number; readonly atMs: number; readonly promote: boolean } | undefined;
  readCount: number;
  lastAskMs: number;
  opening: Opening | undefined;
  serving: boolean;
  heartbeatCount: number;
  snapshotCount: number;
  lastJoinMs: number;
  /** Joiner: the snapshot being received. */
  receiving: { readonly snapshot: number; readonly from: string; nextIndex: number } | undefined;
  /** What the witness said last, and when a query was sent (B1). */
  witnessSaid: { readonly witness: string; readonly silentMs: number; readonly atMs: number } | undefined;
  witnessAskedMs: number;
  /** Nodes outside the shard → when they last answered a query; and the search for one that answers. */
  readonly witnessHeardMs: Map<string, number>;
  witnessSoughtMs: number;
  witnessesSought: number;
  switchover: { readonly target: string; readonly sinceMs: number } | undefined;
  /** Snapshot that the Lease is to name (H1); undefined: none. */
  sealWish: string | undefined;
  startedMs: number;
  candidacyMs: number;
  out: MemberEffect[];
}

export function createState(options: MemberOptions, nowMs: number): MemberState {
  return {
    options,
    role: 'starting',
    config: undefined,
    lineage: [],
    last: origin,
    applied: 0,
    commit: 0,
    agreed: origin,
    quietSinceMs: nowMs,
    leadSinceMs: nowMs,
    lastTickMs: nowMs,
    dead: new Set(),
    parting: new Set(),
    replaced: new Set(),
    found: undefined,
    probedMs: -Infinity,
    alarmedUntilMs: -Infinity,
    resignedEpoch: -1,
    resignSuccessor: undefined,
    peers: new Map(),
    joining: undefined,
    cas: undefined,
    casCount: 0,
    read: undefined,
    readCount: 0,
    lastAskMs: -Infinity,
    opening: undefined,
    serving: false,
    heartbeatCount: 0,
    snapshotCount: 0,
    lastJoinMs: -Infinity,
    receiving: undefined,
    witnessSaid: undefined,
    witnessAskedMs: -Infinity,
    witnessHeardMs: new Map(),
    witnessSoughtMs: -Infinity,
    witnessesSought: 0,
    switchover: undefined,
    sealWish: undefined,
    startedMs: nowMs,
    candidacyMs: Infinity,
    out: [],
  };
}

/** Members that commits and leases must count: while a compare-and-swap is unsettled, those of the old and of the new configuration (P11). */
export function countedMembers(s: MemberState): readonly string[] {
  const { config, cas, options } = s;
  if (config === undefined) return [];
  if (cas === undefined && s.joining === undefined) return config.isr.filter((member) => member !== options.self);
  const isr = new Set(options.bugs.removedBeforeSettled && cas?.purpose === 'remove' ? cas.wanted.isr : config.isr);
  if (!options.bugs.joinerCountedLate) {
    if (s.joining !== undefined) isr.add(s.joining);
    if (cas !== undefined && cas.purpose !== 'promote' && cas.purpose !== 'empty') for (const member of cas.wanted.isr) isr.add(member);
  }
  isr.delete(options.self);
  return [...isr];
}

/** Witnesses whose lease counts: alone by the old or by the new configuration of an unsettled change (P2, P11). */
export function countedWitnesses(s: MemberState): readonly string[] {
  const { config, cas, options } = s;
  if (options.bugs.loneWithoutWitness || config === undefined) return [];
  const now = config.isr.length === 1 ? config.witness : undefined;
  const next = (cas?.purpose === 'remove' || cas?.purpose === 'witness') && cas.wanted.isr.length === 1 ? cas.wanted.witness : undefined;
  if (now === undefined) return next === undefined ? [] : [next];
  return next === undefined || next === now ? [now] : [now, next];
}

/** Nobody else's acknowledgement fences this primary's writes: they need the lease as reads do (P2). */
export const isAlone = (s: MemberState): boolean => s.config?.isr.length === 1 || (s.cas?.purpose === 'remove' && s.cas.wanted.isr.length === 1 && !s.options.bugs.removedBeforeSettled);

/** Until when this primary may answer reads, and anything while it is alone (P2). −Infinity when it must not now. */
export function leaseUntilMs(s: MemberState): number {
  const { config, options } = s;
  if (config === undefined || !s.serving) return -Infinity;
  if (options.bugs.staleLeaseRead) return Infinity;
  let untilMs = Infinity;
  const count = (member: string): void => {
    untilMs = Math.min(untilMs, (s.peers.get(member)?.ackedSentMs ?? -Infinity) + options.timing.leaseMs);
  };
  countedMembers(s).forEach(count);
  countedWitnesses(s).forEach(count);
  return untilMs;
}

/** Copies that have everything committed, the primary included (P10). */
export const inSyncCount = (s: MemberState): number => s.config?.isr.length ?? 0;

export const oldestUnackedMs = (peer: Peer): number | undefined => (peer.unacked.length > 0 ? peer.unacked[0].sentMs : undefined);

export function newPeer(member: string, incarnation: string, podUid: string, stage: PeerStage): Peer {
  return { member, incarnation, podUid, stage, acked: origin, hasAcked: false, sentSeq: 0, inFlight: 0, lastHeartbeatMs: -Infinity, ackedSentMs: -Infinity, heartbeats: new Map(), unacked: [], snapshot: 0, chunks: 0, chunksAcked: 0, chunkAsked: false, progressMs: -Infinity, notBeforeMs: -Infinity };
}
