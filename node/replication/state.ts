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

/** confirm: kept by a promotion, its log's end not known yet (P6); stream: gets units; snapshot: gets a full copy first. */
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
  lastHeartbeatMs: number;
  /** Send time of the newest heartbeat that it acknowledged (P2 counts from sending). */
  ackedSentMs: number;
  /** Heartbeats on their way: id → when it was sent and how far units had been sent before it. */
  readonly heartbeats: Map<number, { readonly sentMs: number; readonly sentSeq: number }>;
  /** When the oldest unit that it has not acknowledged was sent (P12). */
  oldestUnackedMs: number | undefined;
  snapshot: number;
  /** Where the stream goes on when the snapshot is through. */
  snapshotStart: Position;
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
  readonly purpose: 'promote' | 'remove' | 'add' | 'witness' | 'empty';
  readonly what: string;
  /** The answer was lost: the Lease is read until it shows who won (P11). */
  lost: boolean;
  lastTryMs: number;
}

export type Role = 'starting' | 'outsider' | 'replica' | 'candidate' | 'primary' | 'resigned';

export interface Opening {
  readonly cause: 'silence' | 'proof' | 'resigned' | 'empty';
  readonly silenceMs: number;
  readonly notBeforeMs: number;
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
  readonly jitter: () => number;
  /** Nodes outside the shard that can witness, in order of preference. */
  readonly witnesses: () => readonly string[];
  readonly incarnationOf: (member: string) => string;
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
  shardMs: number;
  /** Replica: when it last acknowledged a heartbeat of the primary it obeys, or saw the Lease change (P3). */
  quietSinceMs: number;
  /** Incarnations of this shard proved dead (B2). */
  readonly dead: Set<string>;
  probedMs: number;
  /** Epoch in which the primary resigned towards us (P13). */
  resignedEpoch: number;
  resignSuccessor: string | undefined;
  readonly peers: Map<string, Peer>;
  cas: PendingCas | undefined;
  casCount: number;
  read: { readonly request: number; readonly atMs: number; readonly promote: boolean } | undefined;
  readCount: number;
  opening: Opening | undefined;
  serving: boolean;
  heartbeatCount: number;
  snapshotCount: number;
  lastJoinMs: number;
  /** Joiner: the snapshot being received. */
  receiving: { readonly snapshot: number; readonly from: string } | undefined;
  /** Where the log will stand when that snapshot is complete. */
  pendingStart: { readonly start: Position; readonly lineage: Lineage } | undefined;
  switchover: { readonly target: string; readonly sinceMs: number } | undefined;
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
    shardMs: 0,
    quietSinceMs: nowMs,
    dead: new Set(),
    probedMs: -Infinity,
    resignedEpoch: -1,
    resignSuccessor: undefined,
    peers: new Map(),
    cas: undefined,
    casCount: 0,
    read: undefined,
    readCount: 0,
    opening: undefined,
    serving: false,
    heartbeatCount: 0,
    snapshotCount: 0,
    lastJoinMs: -Infinity,
    receiving: undefined,
    pendingStart: undefined,
    switchover: undefined,
    startedMs: nowMs,
    candidacyMs: Infinity,
    out: [],
  };
}

/** Members that commits and leases must count: while a compare-and-swap is unsettled, those of the old and of the new configuration (P11). */
export function countedMembers(s: MemberState): readonly string[] {
  const { config, cas, options } = s;
  if (config === undefined) return [];
  const isr = new Set(config.isr);
  if (cas !== undefined && cas.purpose !== 'promote' && cas.purpose !== 'empty' && !options.bugs.joinerCountedLate) for (const member of cas.wanted.isr) isr.add(member);
  isr.delete(options.self);
  return [...isr];
}

/** Until when this primary may answer reads, and writes while it is alone (P2). −Infinity when it must not now. */
export function leaseUntilMs(s: MemberState): number {
  const { config, options } = s;
  if (config === undefined || !s.serving) return -Infinity;
  if (options.bugs.staleLeaseRead) return Infinity;
  const others = countedMembers(s);
  const needed = others.length > 0 ? others : config.witness === undefined ? [] : [config.witness];
  let untilMs = Infinity;
  for (const member of needed) untilMs = Math.min(untilMs, (s.peers.get(member)?.ackedSentMs ?? -Infinity) + options.timing.leaseMs);
  return untilMs;
}

/** Copies that have everything committed, the primary included (P10). */
export const inSyncCount = (s: MemberState): number => s.config?.isr.length ?? 0;

export function newPeer(member: string, incarnation: string, podUid: string, stage: PeerStage): Peer {
  return { member, incarnation, podUid, stage, acked: origin, hasAcked: false, sentSeq: 0, lastHeartbeatMs: -Infinity, ackedSentMs: -Infinity, heartbeats: new Map(), oldestUnackedMs: undefined, snapshot: 0, snapshotStart: origin, progressMs: -Infinity, notBeforeMs: -Infinity };
}
