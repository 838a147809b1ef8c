import { proposal, type ConfigChange, type ShardConfig } from './config.ts';
import type { MemberState, PendingCas } from './state.ts';

/**
 * Compare-and-swap on the Lease, one at a time, settled per P11: only success, or a read that shows another resourceVersion than the one it
 * named, ends it. A lost answer is followed by reads, and while those still show the named version the same change (same nonce) is sent again.
 */
const retryMs = 100;

export function beginCas(s: MemberState, purpose: PendingCas['purpose'], what: string, change: ConfigChange, now: number): void {
  if (s.cas !== undefined || s.config === undefined) return;
  const wanted = proposal(s.config, change, s.options.nonce());
  s.cas = { id: ++s.casCount, base: s.config, wanted, sinceMs: now, purpose, what, lost: false, lastTryMs: now };
  s.out.push({ type: 'cas', id: s.cas.id, config: wanted });
}

export function askLease(s: MemberState, promote: boolean, now: number): void {
  if (s.read !== undefined && now - s.read.atMs < 10 * retryMs) return;
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
    s.cas = undefined;
    return undefined;
  }
  cas.lost = true;
  cas.lastTryMs = now;
  s.read = undefined;
  askLease(s, false, now);
  return undefined;
}

/** Compares what a quorum read showed with the change under way. */
export function settleByRead(s: MemberState, config: ShardConfig, now: number): { readonly cas: PendingCas; readonly config: ShardConfig } | undefined {
  const { cas } = s;
  if (cas === undefined) return undefined;
  if (config.nonce === cas.wanted.nonce) {
    s.cas = undefined;
    return { cas, config };
  }
  if (config.resourceVersion !== cas.base.resourceVersion || s.options.bugs.lostCasConflict) {
    s.cas = undefined;
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
