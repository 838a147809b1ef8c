import { isNewer, proposal, type ConfigChange, type ShardConfig } from './config.ts';
import { leaseUntilMs, type MemberState, type PendingCas } from './state.ts';

/**
 * Compare-and-swap on the Lease, one at a time, settled per P11: only success, or a read that shows another resourceVersion than the one it
 * named, ends it. A lost answer is followed by reads, and while those still show the named version the same change (same nonce) is sent again.
 */
const retryMs = 100;
const readTimeoutMs = 1_000;

export function beginCas(s: MemberState, purpose: PendingCas['purpose'], what: string, change: ConfigChange, now: number, revisions = 1): void {
  if (s.cas !== undefined || s.config === undefined) return;
  const takesOver = purpose === 'promote' || purpose === 'empty';
  const unopened = takesOver ? change.unopened : s.serving ? undefined : s.config.unopened;
  const wanted = { ...proposal(s.config, { ...change, unopened }, s.options.nonce()), revision: s.config.revision + revisions };
  s.cas = { id: ++s.casCount, base: s.config, wanted, sinceMs: now, purpose, what, lost: false, lastTryMs: now };
  // A read that is on its way may have been served before the version that this change names: it settles nothing.
  s.read = undefined;
  s.out.push({ type: 'cas', id: s.cas.id, config: wanted });
}

/**
 * A Lease that makes no sense any more is written anew by the primary that every member (or the witness) has acknowledged within L: nobody promotes from nonsense, and
 * nobody can have been promoted before it. A change that was under way is dropped; it may have won before the edit, so what is written is newer than it.
 */
export function repairLease(s: MemberState, request: number, resourceVersion: string, leaseUid: string, now: number): void {
  if (s.read?.request !== request) return;
  s.read = undefined;
  const { config } = s;
  if (s.role !== 'primary' || config === undefined || config.leaseUid !== leaseUid || now >= leaseUntilMs(s)) return;
  if (s.cas?.purpose === 'repair' && s.cas.base.resourceVersion === resourceVersion) {
    // Not written yet: once more.
    s.cas.lastTryMs = now;
    s.out.push({ type: 'cas', id: s.cas.id, config: s.cas.wanted });
    return;
  }
  dropCas(s);
  s.config = { ...config, resourceVersion };
  beginCas(s, 'repair', 'nonsense', { ...config }, now, 2);
}

/** Reads the Lease unless a read is under way; `minGapMs` spares the API server from whoever asks at every tick. */
export function askLease(s: MemberState, promote: boolean, now: number, minGapMs = 0): void {
  if (s.read !== undefined && now - s.read.atMs < readTimeoutMs) return;
  if (now - s.lastAskMs < minGapMs) return;
  s.lastAskMs = now;
  s.read = { request: ++s.readCount, atMs: now, promote };
  s.out.push({ type: 'read-lease', request: s.read.request });
}

/** The answer to our compare-and-swap. Returns the configuration that won when it was ours. */
export function casAnswered(s: MemberState, id: number, outcome: 'ok' | 'conflict' | 'unknown', config: ShardConfig | undefined, now: number): { readonly cas: PendingCas; readonly config: ShardConfig } | undefined {
  const { cas } = s;
  if (cas === undefined || cas.id !== id) return undefined;
  if (outcome === 'ok' && config !== undefined) {
    s.cas = undefined;
    return { cas, config };
  }
  // A conflict alone does not say who won: an earlier try of ours may have.
  if (s.options.bugs.casTakenAsFailed) {
    dropCas(s);
    return undefined;
  }
  cas.lost = true;
  cas.lastTryMs = now;
  s.read = undefined;
  askLease(s, false, now);
  return undefined;
}

function dropCas(s: MemberState): void {
  if (s.cas?.purpose === 'add') s.joining = undefined;
  s.cas = undefined;
}

/** Compares a configuration that won, wherever it was seen, with the change under way. */
export function settleBySight(s: MemberState, config: ShardConfig): PendingCas | undefined {
  const { cas } = s;
  if (cas === undefined || config.nonce !== cas.wanted.nonce) return undefined;
  s.cas = undefined;
  return cas;
}

/** Compares what a quorum read showed with the change under way. */
export function settleByRead(s: MemberState, config: ShardConfig, now: number): { readonly cas: PendingCas; readonly config: ShardConfig } | undefined {
  const won = settleBySight(s, config);
  if (won !== undefined) return { cas: won, config };
  const { cas } = s;
  if (cas === undefined) return undefined;
  if (s.options.bugs.lostCasConflict || (config.resourceVersion !== cas.base.resourceVersion && !isNewer(cas.base, config))) {
    dropCas(s);
    return undefined;
  }
  cas.lost = false;
  cas.lastTryMs = now;
  s.out.push({ type: 'cas', id: cas.id, config: cas.wanted });
  return undefined;
}

/** Called by ticks: goes on with a change whose answer has not come. */
export function pursueCas(s: MemberState, now: number): void {
  const { cas } = s;
  if (cas === undefined || now - cas.lastTryMs < retryMs) return;
  cas.lastTryMs = now;
  askLease(s, false, now);
}
