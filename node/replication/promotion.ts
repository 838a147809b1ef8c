import type { ShardConfig } from './config.ts';
import { advanceCommit, dropPeer, proposeRemoval, sendTo, stream } from './primary.ts';
import { isPrefix, type Position } from './positions.ts';
import { stepDown } from './replica.ts';
import { askLease, beginCas } from './settle.ts';
import { newPeer, type MemberState, type Opening, type Peer } from './state.ts';

/**
 * Taking over a shard (P1, P3, P6, P9):
 *
 *   replica ──silence, proof of death or resignation──► reads the Lease ──unchanged──► compare-and-swap (epoch + 1)
 *        ──won──► opening: map read · every kept member confirmed at our log's end · grace over · leases held ──► serves
 */
function causeToPromote(s: MemberState, now: number): Opening['cause'] | undefined {
  const { config, options } = s;
  if (config === undefined) return undefined;
  const { primary } = config;
  if (primary === undefined || primary === options.self) return 'silence';
  if (s.resignedEpoch === config.epoch && !options.bugs.resignIgnored) return s.resignSuccessor === undefined || s.resignSuccessor === options.self || now - s.quietSinceMs > options.timing.suspectMs ? 'resigned' : undefined;
  if (options.bugs.promotionWithoutIsr && s.role === 'outsider' && now - s.startedMs > options.timing.graceMs) return 'silence';
  const incarnation = config.incarnations[primary];
  if (incarnation !== undefined && s.dead.has(incarnation)) return 'proof';
  return now - s.quietSinceMs >= options.timing.graceMs ? 'silence' : undefined;
}

export function replicaTick(s: MemberState, now: number): void {
  const { config, options } = s;
  if (config === undefined) return;
  const { primary } = config;
  const silentMs = now - s.quietSinceMs;
  if (primary !== undefined && silentMs > 2.5 * options.timing.heartbeatMs && now - s.probedMs > options.timing.heartbeatMs) {
    s.probedMs = now;
    s.out.push({ type: 'probe', member: primary, incarnation: config.incarnations[primary] ?? '' });
  }
  const cause = causeToPromote(s, now);
  if (cause === undefined) {
    if (s.role === 'candidate') s.role = 'replica';
    s.candidacyMs = Infinity;
    return;
  }
  if (s.role !== 'candidate') {
    s.role = 'candidate';
    // Ranks keep candidates apart; the chosen successor of a resignation has none before it.
    const rank = s.resignSuccessor === options.self ? 0 : config.isr.filter((member) => member !== primary && member < options.self).length;
    s.candidacyMs = now + rank * 30 + options.jitter() * 10;
  }
  if (now >= s.candidacyMs && s.cas === undefined) askLease(s, true, now);
}

/** The quorum read before the swap: only an unchanged Lease is taken over. */
export function onPromotionRead(s: MemberState, now: number): void {
  const { config, options } = s;
  const cause = causeToPromote(s, now);
  if (config === undefined || cause === undefined || s.cas !== undefined || s.role === 'primary') return;
  const kept = config.isr.filter((member) => member !== options.self && (member !== config.primary || cause === 'resigned') && !s.dead.has(config.incarnations[member] ?? ''));
  const isr = [options.self, ...kept];
  const incarnations = { ...config.incarnations, [options.self]: options.incarnation };
  const podUids = { ...config.podUids, [options.self]: options.podUid };
  s.opening = { cause, silenceMs: now - s.quietSinceMs, notBeforeMs: 0, mapRead: false, mapAskedMs: -Infinity };
  beginCas(s, cause === 'empty' ? 'empty' : 'promote', cause, { epoch: config.epoch + 1, primary: options.self, isr, incarnations, podUids, witness: isr.length === 1 ? options.witnesses()[0] : undefined }, now);
}

/** Our swap won: this member leads the new epoch, and serves once everything below holds. */
export function becomePrimary(s: MemberState, config: ShardConfig, cause: Opening['cause'], now: number): void {
  const { options } = s;
  const waits = cause === 'silence' && !options.bugs.silenceFromCas ? s.quietSinceMs + options.timing.graceMs : now;
  s.config = config;
  s.role = 'primary';
  s.candidacyMs = now;
  s.opening = { cause, silenceMs: now - s.quietSinceMs, notBeforeMs: waits, mapRead: false, mapAskedMs: -Infinity };
  s.out.push({ type: 'config', config });
  s.peers.clear();
  for (const member of config.isr) if (member !== options.self) s.peers.set(member, newPeer(member, config.incarnations[member] ?? options.incarnationOf(member), config.podUids[member] ?? '', 'confirm'));
  openingTick(s, now);
}

export function onNewEpochAck(s: MemberState, peer: Peer, last: Position, now: number): void {
  if (s.role !== 'primary' || peer.stage !== 'confirm' || s.config?.isr.includes(peer.member) !== true) return;
  if (!isPrefix(last, s.lineage, s.last) || !s.options.backlog.covers(last.seq)) {
    if (s.options.bugs.tailNotConfirmed) {
      peer.stage = 'stream';
      peer.acked = s.last;
      peer.hasAcked = true;
      peer.sentSeq = s.last.seq;
      return;
    }
    dropPeer(s, peer, 'its log ends elsewhere', now);
    return;
  }
  peer.stage = 'stream';
  peer.acked = last;
  peer.hasAcked = true;
  peer.sentSeq = last.seq;
  stream(s, peer, now);
  openingTick(s, now);
}

export function openingTick(s: MemberState, now: number): void {
  const { opening, config, options } = s;
  if (opening === undefined || config === undefined || s.role !== 'primary') return;
  if (!opening.mapRead && now - opening.mapAskedMs > options.timing.heartbeatMs) {
    opening.mapAskedMs = now;
    s.out.push({ type: 'read-map', epoch: config.epoch });
  }
  for (const peer of s.peers.values()) {
    if (peer.stage === 'confirm' && config.isr.includes(peer.member) && now - peer.notBeforeMs >= options.timing.heartbeatMs) {
      peer.notBeforeMs = now;
      sendTo(s, peer, { type: 'new-epoch', config, tail: s.last, lineage: s.lineage });
    }
  }
  const others = config.isr.filter((member) => member !== options.self).map((member) => s.peers.get(member));
  const confirmed = others.every((peer) => peer !== undefined && peer.stage === 'stream' && peer.hasAcked && peer.acked.seq === s.last.seq && peer.ackedSentMs > -Infinity);
  if (!confirmed || !opening.mapRead || now < opening.notBeforeMs || s.cas !== undefined) return;
  s.opening = undefined;
  s.serving = true;
  // A promoted member applies all it has before it serves; it is committed, for every member confirmed to end here.
  if (!options.bugs.serveBeforeApply && s.applied < s.last.seq) s.out.push({ type: 'apply', toSeq: s.last.seq });
  s.applied = s.last.seq;
  advanceCommit(s);
  s.out.push({ type: 'serve', epoch: config.epoch }, { type: 'report', event: { what: 'promoted', epoch: config.epoch, cause: opening.cause, silenceMs: opening.silenceMs } });
}

/** P13: ends this epoch by itself, so that a successor need not wait for silence. */
export function resign(s: MemberState, successor: string | undefined, cause: string): void {
  for (const peer of s.peers.values()) if (s.config?.isr.includes(peer.member) === true) sendTo(s, peer, { type: 'resign', last: s.last, successor });
  stepDown(s, cause);
  s.role = 'resigned';
  s.cas = undefined;
  s.out.push({ type: 'report', event: { what: 'resigned', cause } });
}

export function removeUnconfirmed(s: MemberState, now: number): void {
  const { config, opening, options } = s;
  if (config === undefined || opening === undefined || s.cas !== undefined || now - s.candidacyMs < options.timing.suspectMs) return;
  const missing = config.isr.filter((member) => member !== options.self && (s.peers.get(member)?.stage !== 'stream' || s.peers.get(member)?.ackedSentMs === -Infinity));
  if (missing.length > 0) proposeRemoval(s, missing, 'did not confirm the new epoch', now);
}
