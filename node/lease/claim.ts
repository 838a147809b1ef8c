import { assertNever } from '../../shared/assert/never.ts';
import { isNewer, proposal, type ShardConfig } from '../replication/config.ts';
import type { LeaseSight } from './document.ts';
import type { WriteOutcome } from './port.ts';

/**
 * Who serves the shard while no data is copied: the one member of the ISR. A pure state machine; full replication takes its place.
 *
 *   reading ──sight──▶ claiming ──ok──▶ serving          standing by: another pod leads, or the Lease cannot be served from
 *      ▲                  │ conflict, lost answer
 *      └──────────────────┘ (P11: the nonce of the next read says who won)
 */
export interface Claimant {
  readonly pod: string;
  readonly podUid: string;
  /** Number at the end of the pod's name. */
  readonly ordinal: number;
  readonly incarnation: string;
  /** Snapshot that the store was filled from at this start; absent: it is empty. */
  readonly holds?: string;
  /** `emptyShardAfter` of the cluster. */
  readonly emptyAfterMs?: number;
}

export type ClaimEvent =
  | { readonly type: 'start' }
  | { readonly type: 'wake' }
  /** Something says that the Lease has changed. */
  | { readonly type: 'doubt' }
  /** The Lease is to name this snapshot, or none (H1). */
  | { readonly type: 'seal'; readonly snapshot: string | undefined }
  | { readonly type: 'read'; readonly sight: LeaseSight }
  | { readonly type: 'read-failed' }
  | { readonly type: 'written'; readonly result: WriteOutcome };

export type ClaimEffect =
  | { readonly type: 'read' }
  | { readonly type: 'write'; readonly config: ShardConfig }
  /** Send `wake` after this time; replaces an earlier one. */
  | { readonly type: 'wake'; readonly afterMs: number }
  /** `woken`: this epoch begins with what the store holds; else it begins with nothing. */
  | { readonly type: 'serve'; readonly config: ShardConfig; readonly woken?: boolean }
  | { readonly type: 'stand-by'; readonly config: ShardConfig | undefined; readonly reason: string };

export interface ClaimState {
  readonly self: Claimant;
  /** Newest configuration seen (P4). */
  config: ShardConfig | undefined;
  phase: 'idle' | 'reading' | 'claiming' | 'serving' | 'standing-by';
  /** The change whose answer is not known yet (P11). */
  wanted: ShardConfig | undefined;
  /** Since when the same claimable Lease has been seen: `config.nonce` and time. */
  patience: { readonly nonce: string; readonly sinceMs: number } | undefined;
  failures: number;
  /** Snapshot that the Lease is to name while this node leads. */
  sealWish: string | undefined;
  /** The claim that is under way, or was won, is one with the data of the snapshot. */
  woken: boolean;
}

/** The pod that a shard's first clients are sent to is its first; the others step in when it does not come. */
export const newbornPatienceMs = 10_000;
/** G: a pod of our name and another UID may still run where its machine was cut off; its lease is over after this (P3). */
export const replacedPatienceMs = 1_200;
const retryMs = { first: 50, most: 2_000 } as const;
const nonsenseRereadMs = 5_000;

export function newClaim(self: Claimant): ClaimState {
  return { self, config: undefined, phase: 'idle', wanted: undefined, patience: undefined, failures: 0, sealWish: undefined, woken: false };
}

/** `nonce`: 32 hex digits, never used before. `jitter`: in [0, 1). */
export function stepClaim(s: ClaimState, event: ClaimEvent, nowMs: number, nonce: string, jitter: number): readonly ClaimEffect[] {
  switch (event.type) {
    case 'start':
    case 'wake':
    case 'doubt':
      return readAgain(s);
    case 'seal':
      if (s.phase !== 'serving') return [];
      s.sealWish = event.snapshot;
      return seal(s, nonce);
    case 'read-failed':
      if (s.phase === 'reading') s.phase = 'idle';
      return [wakeLater(s, jitter)];
    case 'written':
      if (event.result.outcome === 'ok') {
        s.wanted = undefined;
        return served(s, event.result.config, nonce);
      }
      // A conflict is read at once; a server that takes no writes is not asked in a tight loop.
      return event.result.outcome === 'conflict' ? readAgain(s) : [wakeLater(s, jitter)];
    case 'read':
      if (s.wanted === undefined) s.failures = 0;
      return judge(s, event.sight, nowMs, nonce);
    default:
      return assertNever(event, 'claim event');
  }
}

function wakeLater(s: ClaimState, jitter: number): ClaimEffect {
  s.failures++;
  return { type: 'wake', afterMs: Math.min(retryMs.most, retryMs.first * 2 ** Math.min(s.failures, 10)) * (0.5 + jitter / 2) };
}

function readAgain(s: ClaimState): readonly ClaimEffect[] {
  if (s.phase === 'reading') return [];
  if (s.phase !== 'serving') s.phase = 'reading';
  return [{ type: 'read' }];
}

function judge(s: ClaimState, sight: LeaseSight, nowMs: number, nonce: string): readonly ClaimEffect[] {
  if (sight.kind !== 'config') return unusable(s, sight.kind === 'missing' ? 'the shard has no Lease yet' : `the Lease makes no sense: ${sight.reason}`);
  const { config } = sight;
  // A node never obeys a Lease older than one it has seen (P4); one with another UID counts as newer.
  if (s.config !== undefined && config.leaseUid === s.config.leaseUid && isNewer(s.config, config)) return unusable(s, `the Lease went back from epoch ${s.config.epoch} to ${config.epoch}`);
  s.config = config;
  const { wanted } = s;
  if (wanted !== undefined && config.nonce === wanted.nonce) {
    s.wanted = undefined;
    return served(s, config, nonce);
  }
  if (wanted !== undefined && config.resourceVersion === wanted.resourceVersion) {
    // Not settled: the write may still be on its way. The same change again; only one of the two can succeed.
    if (s.phase !== 'serving') s.phase = 'claiming';
    return [{ type: 'write', config: wanted }];
  }
  s.wanted = undefined;
  if (config.primary === s.self.pod && config.incarnations[s.self.pod] === s.self.incarnation) return served(s, config, nonce);
  return claimOrFollow(s, config, nowMs, nonce);
}

/** A running primary goes on under the last Lease that made sense; nobody can take over from one that makes none. */
function unusable(s: ClaimState, reason: string): readonly ClaimEffect[] {
  if (s.phase === 'serving') return [];
  return [...standBy(s, s.config, reason), { type: 'wake', afterMs: nonsenseRereadMs }];
}

function claimOrFollow(s: ClaimState, config: ShardConfig, nowMs: number, nonce: string): readonly ClaimEffect[] {
  const verdict = mayClaim(s.self, config);
  if (typeof verdict === 'string') return standBy(s, config, verdict);
  if (s.patience?.nonce !== config.nonce) s.patience = { nonce: config.nonce, sinceMs: nowMs };
  const leftMs = s.patience.sinceMs + verdict - nowMs;
  if (leftMs > 0) return [...standBy(s, config, 'waits for its turn to lead the shard'), { type: 'wake', afterMs: leftMs }];
  const { pod, podUid, incarnation } = s.self;
  s.woken = config.sealed !== undefined && config.sealed === s.self.holds;
  s.wanted = proposal(config, { epoch: config.epoch + 1, primary: pod, isr: [pod], incarnations: { [pod]: incarnation }, podUids: { [pod]: podUid } }, nonce);
  s.phase = 'claiming';
  return [{ type: 'write', config: s.wanted }];
}

/** Patience in milliseconds before the shard may be taken, or why it may not (B1, "All copies gone"). */
export function mayClaim(self: Claimant, config: ShardConfig): number | string {
  if (config.primary === undefined && config.isr.length > 0) return 'the shard is fenced';
  // Nobody leads and nobody is in sync: newborn, or begun anew above the epochs of an earlier cluster (adoption).
  if (config.primary === undefined) return self.ordinal === 0 ? 0 : newbornPatienceMs * self.ordinal;
  if (config.primary !== self.pod) return `${config.primary} leads the shard`;
  if (config.isr.length > 1) return 'another copy of the shard is in sync and has to lead it';
  const leastMs = config.sealed === undefined || config.sealed === self.holds ? 0 : (self.emptyAfterMs ?? Infinity);
  // The only copy was ours and its memory is gone. Our pod object exists, so the one before it was removed; only the same
  // UID proves that its process is dead as well.
  return Math.max(leastMs, config.podUids[self.pod] === self.podUid && config.unopened === undefined ? 0 : replacedPatienceMs);
}

function served(s: ClaimState, config: ShardConfig, nonce: string): readonly ClaimEffect[] {
  s.config = config;
  s.patience = undefined;
  s.phase = 'serving';
  return [{ type: 'serve', config, ...(s.woken ? { woken: true } : {}) }, ...seal(s, nonce)];
}

/** H1, as the member of replication does it: one change of the Lease at a time, until it says what is wished. */
function seal(s: ClaimState, nonce: string): readonly ClaimEffect[] {
  const { config, sealWish } = s;
  if (s.phase !== 'serving' || config === undefined || s.wanted !== undefined || config.sealed === sealWish) return [];
  const { sealed: _, unopened: __, ...rest } = config;
  s.wanted = proposal(config, sealWish === undefined ? rest : { ...rest, sealed: sealWish }, nonce);
  return [{ type: 'write', config: s.wanted }];
}

/** Snapshot that the Lease names, or may name since a change that is not settled (P11). */
export const sealedIn = ({ config, wanted }: ClaimState): string | undefined => config?.sealed ?? wanted?.sealed;

function standBy(s: ClaimState, config: ShardConfig | undefined, reason: string): readonly ClaimEffect[] {
  s.sealWish = undefined;
  s.phase = 'standing-by';
  return [{ type: 'stand-by', config, reason }];
}
