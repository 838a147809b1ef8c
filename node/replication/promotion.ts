import { answeringWitness, askWitness, mayBeAlone } from './ask-witness.ts';
import type { ShardConfig } from './config.ts';
import { advanceCommit, dropPeer, heartbeat, keepWitness, loneWitness, proposeRemoval, sendTo, stream } from './primary.ts';
import { isPrefix, type Position } from './positions.ts';
import { stepDown, truncate } from './replica.ts';
import { askLease, beginCas } from './settle.ts';
import { newPeer, type MemberState, type Opening, type Peer } from './state.ts';

const rankMs = 30;
const jitterMs = 10;
const leaseReadGapMs = 100;
const alarmedProbeGapMs = 20;

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
  const quietMs = now - s.quietSinceMs;
  if (primary === undefined) return 'silence';
  const resigned = s.resignedEpoch === config.epoch && !options.bugs.resignIgnored;
  // Who resigned itself steps back in only when nobody else did.
  if (primary === options.self) return resigned && quietMs < options.timing.graceMs ? undefined : 'silence';
  if (resigned && (s.resignSuccessor === undefined || s.resignSuccessor === options.self || quietMs > options.timing.suspectMs)) return 'resigned';
  const incarnation = config.incarnations[primary];
  if (incarnation !== undefined && s.dead.has(incarnation)) return 'proof';
  return quietMs >= options.timing.graceMs ? 'silence' : undefined;
}

export function replicaTick(s: MemberState, now: number): void {
  const { config, options } = s;
  if (config === undefined) return;
  const { primary } = config;
  if (primary !== undefined && primary !== options.self && (now < s.alarmedUntilMs || now - s.quietSinceMs > 2.5 * options.timing.heartbeatMs)) {
    probe(s, primary, now);
    // Who may soon be alone looks for its witness in time.
    if (config.isr.length === 2) answeringWitness(s, now);
  }
  const cause = causeToPromote(s, now);
  if (cause === undefined) {
    if (s.role === 'candidate') s.role = 'replica';
    s.candidacyMs = Infinity;
    return;
  }
  if (s.role !== 'candidate') {
    s.role = 'candidate';
    // Ranks keep candidates apart; the chosen successor of a resignation has none before it, and who is the only one need not wait.
    const others = s.resignSuccessor === options.self ? [] : config.isr.filter((member) => member !== primary && member !== options.self);
    const rank = others.filter((member) => member < options.self).length;
    s.candidacyMs = now + (others.length === 0 ? 0 : rank * rankMs + options.jitter() * jitterMs);
  }
  if (now < s.candidacyMs || s.cas !== undefined) return;
  if (cause === 'silence' && keptBy(s, config, cause).length === 0 && !mayBeAlone(s, now)) return;
  askLease(s, true, now, leaseReadGapMs);
}

/** Members that a promotion leaves in the in-sync set, beside the promoter. */
const keptBy = ({ options, dead }: MemberState, { isr, primary, incarnations }: ShardConfig, cause: Opening['cause']): readonly string[] =>
  isr.filter((member) => member !== options.self && (member !== primary || cause === 'resigned') && !dead.has(incarnations[member] ?? ''));

/** B2: asks the shell for a proof of death of that member's incarnation. */
export function probe(s: MemberState, member: string, now: number): void {
  // The kernel closes a killed process' connections a moment before its listener: the first probe may come too early.
  const incarnation = s.config?.incarnations[member] ?? '';
  if (s.dead.has(incarnation)) return;
  if (now - s.probedMs < (now < s.alarmedUntilMs ? alarmedProbeGapMs : s.options.timing.heartbeatMs)) return;
  s.probedMs = now;
  s.out.push({ type: 'probe', member, incarnation });
}

/** The quorum read before the swap: only an unchanged Lease is taken over. */
export function onPromotionRead(s: MemberState, now: number): void {
  const { config, options } = s;
  const cause = causeToPromote(s, now);
  if (config === undefined || cause === undefined || s.cas !== undefined || s.role === 'primary') return;
  const isr = [options.self, ...keptBy(s, config, cause)];
  const incarnations = { ...config.incarnations, [options.self]: options.incarnation };
  const podUids = { ...config.podUids, [options.self]: options.podUid };
  const unsure = doubtOf(s, config);
  const asks = unsure === 'witness' ? config.witness : undefined;
  s.opening = { ...newOpening(cause, now - s.quietSinceMs), ...(asks === undefined ? {} : { witness: asks, notBeforeMs: Infinity }) };
  const unopened = unsure ?? (cause === 'silence' ? 'members' : undefined);
  const witness = asks ?? (isr.length === 1 ? loneWitness(s, now) : undefined);
  beginCas(s, 'promote', cause, { epoch: config.epoch + 1, primary: options.self, isr, incarnations, podUids, witness, unopened }, now);
}

/**
 * P3: who may still answer by an epoch before this one, as long as it is not known that anybody has served in it. A resignation says so, and a unit of the epoch. What a primary has
 * proved, or waited for, before it served counts for its successor; of one that died before it served, nothing does.
 */
export function doubtOf(s: MemberState, config: ShardConfig): ShardConfig['unopened'] {
  const served = s.resignedEpoch === config.epoch || s.last.epoch === config.epoch || s.options.bugs.unopenedForgotten;
  return served ? undefined : config.unopened;
}

const newOpening = (cause: Opening['cause'], silenceMs: number): Opening => ({ cause, silenceMs, notBeforeMs: 0, witness: undefined, mapRead: false, mapAskedMs: -Infinity });

/** Our swap won: this member leads the new epoch, and serves once everything below holds. */
export function becomePrimary(s: MemberState, config: ShardConfig, now: number): void {
  const { options, opening } = s;
  const cause = opening?.cause ?? 'silence';
  // P3: the silence is measured again now, for heartbeats may have been acknowledged while the swap was under way.
  const overMs = s.quietSinceMs + options.timing.graceMs;
  const begun = opening ?? newOpening(cause, 0);
  if (cause === 'silence') s.opening = { ...begun, silenceMs: now - s.quietSinceMs, notBeforeMs: Math.max(begun.notBeforeMs, options.bugs.silenceFromCas ? now : overMs), mapRead: false, mapAskedMs: -Infinity };
  else s.opening = { ...begun, notBeforeMs: Math.max(begun.notBeforeMs, s.config !== undefined && (cause === 'proof' || cause === 'resigned') && doubtOf(s, s.config) !== undefined ? overMs : 0) };
  s.config = config;
  s.role = 'primary';
  s.candidacyMs = now;
  s.leadSinceMs = now;
  s.lastTickMs = now;
  s.joining = undefined;
  s.resignedEpoch = -1;
  s.out.push({ type: 'config', config });
  if (options.bugs.shortestTail && s.last.seq > s.commit && s.applied <= s.commit) truncate(s, s.commit);
  s.peers.clear();
  for (const member of config.isr) if (member !== options.self) s.peers.set(member, newPeer(member, config.incarnations[member] ?? options.incarnationOf(member), config.podUids[member] ?? '', 'confirm'));
  keepWitness(s, now);
  openingTick(s, now);
}

export function onNewEpochAck(s: MemberState, peer: Peer, last: Position, now: number): void {
  if (s.role !== 'primary' || peer.stage !== 'confirm' || s.config?.isr.includes(peer.member) !== true) return;
  if (s.options.bugs.tailNotConfirmed) {
    Object.assign(peer, { stage: 'stream', acked: s.last, hasAcked: true, sentSeq: s.last.seq });
    openingTick(s, now);
    return;
  }
  if (!isPrefix(last, s.lineage, s.last) || !s.options.backlog.covers(last.seq)) {
    dropPeer(s, peer, 'its log ends elsewhere', now);
    return;
  }
  Object.assign(peer, { stage: 'stream', acked: last, hasAcked: true, sentSeq: last.seq });
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
  if (opening.witness !== undefined && opening.notBeforeMs === Infinity) askWitness(s, opening.witness, true, now);
  for (const peer of s.peers.values()) {
    if (peer.stage === 'confirm' && config.isr.includes(peer.member) && now - peer.notBeforeMs >= options.timing.heartbeatMs) {
      peer.notBeforeMs = now;
      sendTo(s, peer, { type: 'new-epoch', config, tail: s.last, lineage: s.lineage });
    }
    heartbeat(s, peer, now);
  }
  const others = config.isr.filter((member) => member !== options.self).map((member) => s.peers.get(member));
  const confirmed = others.every((peer) => peer !== undefined && peer.stage === 'stream' && peer.hasAcked && peer.acked.seq === s.last.seq && peer.ackedSentMs > -Infinity);
  if (!confirmed || (!opening.mapRead && !options.bugs.mapNotRead) || now < opening.notBeforeMs || s.cas !== undefined) return;
  s.opening = undefined;
  s.serving = true;
  // A promoted member applies all it has before it serves; it is committed, for every member confirmed to end here.
  if (!options.bugs.serveBeforeApply && s.applied < s.last.seq) s.out.push({ type: 'apply', toSeq: s.last.seq });
  s.applied = s.last.seq;
  advanceCommit(s);
  s.out.push({ type: 'serve', epoch: config.epoch }, { type: 'report', event: { what: 'promoted', epoch: config.epoch, cause: opening.cause, silenceMs: opening.silenceMs } });
}

/** P13: ends this epoch by itself, so that a successor need not wait for silence. */
export function resign(s: MemberState, successor: string | undefined, cause: string, now: number): void {
  for (const peer of s.peers.values()) if (s.config?.isr.includes(peer.member) === true) sendTo(s, peer, { type: 'resign', last: s.last, successor });
  if (!s.options.bugs.servesAfterResign) stepDown(s, cause);
  s.role = 'resigned';
  s.resignedEpoch = s.config?.epoch ?? -1;
  s.resignSuccessor = successor;
  s.quietSinceMs = now;
  s.cas = undefined;
  s.out.push({ type: 'report', event: { what: 'resigned', cause } });
}

export function removeUnconfirmed(s: MemberState, now: number): void {
  const { config, opening, options } = s;
  if (config === undefined || opening === undefined || s.cas !== undefined || now - s.candidacyMs < options.timing.suspectMs) return;
  const missing = config.isr.filter((member) => member !== options.self && (s.peers.get(member)?.stage !== 'stream' || s.peers.get(member)?.ackedSentMs === -Infinity));
  if (missing.length > 0) proposeRemoval(s, missing, 'did not confirm the new epoch', now);
}
