import { assertNever } from '../../shared/assert/never.ts';
import { onWitnessSilence } from './ask-witness.ts';
import { isNewer, type ShardConfig } from './config.ts';
import type { MemberEffect, MemberEvent } from './effects.ts';
import { emptyShardTick, isHeld } from './emptied.ts';
import type { Envelope, Join } from './messages.ts';
import { withUnitOf } from './positions.ts';
import { advanceCommit, keepWitness, onChunkAcked, onChunkReady, onHeartbeatAck, onJoin, onUnitsAck, primaryTick, sealTick, stream } from './primary.ts';
import { becomePrimary, onNewEpochAck, onPromotionRead, openingTick, probe, removeUnconfirmed, replicaTick, resign } from './promotion.ts';
import { adopt, discardAll, isMember, onHeartbeat, onNewEpoch, onSnapshotBegin, onSnapshotChunk, onSnapshotEnd, onUnits, outsiderTick } from './replica.ts';
import { askLease, casAnswered, pursueCas, repairLease, settleByRead, settleBySight } from './settle.ts';
import { countedMembers, createState, inSyncCount, isAlone, leaseUntilMs, oldestUnackedMs, type MemberOptions, type MemberState, type PendingCas } from './state.ts';

const resignedReadGapMs = 100;
const outsiderReadGapMs = 500;

/**
 * One member of one shard: `step(event, now) → effects`, no clock, no socket, no randomness of its own. The shell (and the simulator) carries the
 * effects out in order and feeds back what came of them.
 */
export function createMember(options: MemberOptions, startMs: number, resume?: ShardConfig) {
  const s = createState(options, startMs);
  if (resume !== undefined) resumeLeading(s, resume);
  return {
    step(event: MemberEvent, now: number): readonly MemberEffect[] {
      s.out = [];
      handle(s, event, now);
      return s.out;
    },
    /** Logs a unit that the store has executed; the `appended` event of this turn sends it. Returns its seq. */
    append(bytes: Uint8Array, start?: number, end?: number): number {
      // V1: a position is never used twice, for an epoch has one writer and a writer counts on.
      const epoch = options.bugs.dotReuse && s.last.epoch > 0 ? s.last.epoch : (s.config?.epoch ?? 0);
      const seq = s.last.seq + 1;
      options.backlog.append(epoch, seq, bytes, start, end);
      s.lineage = withUnitOf(s.lineage, epoch, seq);
      s.last = { epoch, seq };
      s.applied = seq;
      return seq;
    },
    /** Answers that need a lease may be sent while now < this (P2). */
    leaseUntilMs: () => leaseUntilMs(s),
    /** True when even the answers to writes need the lease: nobody else acknowledges them (P2). */
    writesNeedLease: () => isAlone(s),
    /** P10: false when too few copies are in sync for writes. */
    isWritable: () => inSyncCount(s) >= options.minInSync || options.bugs.minInSyncIgnored,
    /** Snapshot that the Lease names, or may name since a change that is not settled (P11). */
    sealed: () => s.config?.sealed ?? s.cas?.wanted.sealed,
    /** Writes wait: a hand-over is under way. */
    isPausing: () => s.switchover !== undefined,
    /** P7: a replica answers READONLY reads when all that it has executed is committed. */
    isReadable: () => s.role === 'replica' && s.receiving === undefined && s.commit >= s.applied,
    state: s as Readonly<MemberState>,
  };
}

/** A primary that had no log while it was the only copy by specification: the log begins now, behind all that the store holds. */
function resumeLeading(s: MemberState, config: ShardConfig): void {
  s.config = config;
  s.role = 'primary';
  s.serving = true;
  beginLogBehindStore(s, config);
}

function beginLogBehindStore(s: MemberState, config: ShardConfig): void {
  s.last = { epoch: config.epoch, seq: 1 };
  s.lineage = [{ epoch: config.epoch, firstSeq: 1 }];
  s.applied = 1;
  s.commit = 1;
  s.options.backlog.reset(s.last);
}

export type Member = ReturnType<typeof createMember>;

function handle(s: MemberState, event: MemberEvent, now: number): void {
  switch (event.type) {
    case 'tick':
      return tick(s, now);
    case 'message':
      return onEnvelope(s, event.envelope, now);
    case 'appended':
      advanceCommit(s);
      for (const peer of s.peers.values()) stream(s, peer, now);
      return undefined;
    case 'lease-read':
      return onLeaseRead(s, event.request, event.config, now);
    case 'lease-failed':
      if (s.read?.request === event.request) s.read = undefined;
      return undefined;
    case 'lease-nonsense':
      return repairLease(s, event.request, event.resourceVersion, event.leaseUid, now);
    case 'cas-result': {
      const won = casAnswered(s, event.id, event.outcome, event.outcome === 'ok' ? event.config : undefined, now);
      return won === undefined ? undefined : onSettled(s, won.cas, won.config, now);
    }
    case 'map-read':
      if (s.opening !== undefined && event.ok && event.epoch === s.config?.epoch) s.opening.mapRead = true;
      return openingTick(s, now);
    case 'proof-of-death':
      s.dead.add(event.incarnation);
      return tick(s, now);
    case 'parting':
      s.parting.add(event.incarnation);
      return undefined;
    case 'disconnected':
      // The Lease will be needed: what has become of it is better known while the lease is fresh.
      if (s.role === 'primary' && s.config?.isr.includes(event.member) === true) askLease(s, false, now, s.options.timing.heartbeatMs);
      if (event.member === s.config?.primary && (s.role === 'replica' || s.role === 'candidate')) {
        s.alarmedUntilMs = now + s.options.timing.suspectMs;
        probe(s, event.member, now);
      }
      return undefined;
    case 'snapshot-chunk-ready':
      return onChunkReady(s, event.to, event.snapshot, event.bytes, event.last, now);
    case 'switchover':
      return beginSwitchover(s, event.target, now);
    case 'seal':
      if (s.role !== 'primary') return undefined;
      s.sealWish = event.snapshot;
      return sealTick(s, now);
    default:
      return assertNever(event, 'member event');
  }
}

function tick(s: MemberState, now: number): void {
  pursueCas(s, now);
  switch (s.role) {
    case 'starting':
      askLease(s, false, now, resignedReadGapMs);
      return;
    case 'outsider':
      emptyShardTick(s, now);
      if (s.options.bugs.promotionWithoutIsr && now - s.startedMs > s.options.timing.graceMs) replicaTick(s, now);
      outsiderTick(s, now);
      // Nobody tells an outsider of a new primary but the Lease, when the one it knows is gone.
      if (now - s.quietSinceMs > s.options.timing.graceMs) askLease(s, false, now, outsiderReadGapMs);
      return;
    case 'replica':
    case 'candidate':
      replicaTick(s, now);
      return;
    case 'primary':
      primaryTick(s, now);
      openingTick(s, now);
      removeUnconfirmed(s, now);
      switchoverTick(s, now);
      if (isStranded(s, now)) resign(s, undefined, 'a change of the Lease stays unsettled', now);
      return;
    case 'resigned':
      askLease(s, false, now, resignedReadGapMs);
      return;
    default:
      assertNever(s.role, 'role');
  }
}

/** P13: a change of the Lease that this primary needs stays unsettled for L, it cannot serve meanwhile, and another member is there that might. */
function isStranded(s: MemberState, now: number): boolean {
  const { cas, config, options } = s;
  const { leaseMs } = options.timing;
  if (!s.serving || cas === undefined || config === undefined || now - cas.sinceMs <= leaseMs) return false;
  const waits = (member: string): boolean => {
    const peer = s.peers.get(member);
    const oldestMs = peer === undefined ? undefined : oldestUnackedMs(peer);
    return oldestMs !== undefined && now - oldestMs > leaseMs;
  };
  const stands = now >= leaseUntilMs(s) || countedMembers(s).some(waits);
  const heard = (member: string): boolean => now - (s.peers.get(member)?.ackedSentMs ?? -Infinity) < options.timing.suspectMs;
  return stands && config.isr.some((member) => member !== options.self && heard(member) && !waits(member));
}

/** P4: what comes from an older epoch, or from or for another incarnation, is refused. */
function refusal(s: MemberState, envelope: Envelope): 'epoch' | 'incarnation' | 'stranger' | undefined {
  const { config, options } = s;
  if (envelope.shard !== options.shard || envelope.to !== options.self) return 'stranger';
  if (envelope.toIncarnation !== '' && envelope.toIncarnation !== options.incarnation && !options.bugs.acksPerAddress) return 'incarnation';
  if (config === undefined || options.bugs.noFencing) return undefined;
  if (envelope.epoch < config.epoch && envelope.message.type !== 'join') return 'epoch';
  const known = config.incarnations[envelope.from];
  const { type } = envelope.message;
  if (envelope.epoch === config.epoch && known !== undefined && known !== envelope.fromIncarnation && type !== 'join' && type !== 'new-epoch' && !options.bugs.acksPerAddress) return 'incarnation';
  return undefined;
}

function onEnvelope(s: MemberState, envelope: Envelope, now: number): void {
  const refused = refusal(s, envelope);
  if (refused !== undefined) {
    s.out.push({ type: 'report', event: { what: 'refused', reason: refused } });
    if (refused === 'epoch' || (refused === 'incarnation' && envelope.epoch < (s.config?.epoch ?? -1))) tellStale(s, envelope);
    return;
  }
  const { message } = envelope;
  if (message.type === 'new-epoch' || message.type === 'stale') sight(s, message.config, now);
  const { acksPerAddress, noFencing } = s.options.bugs;
  const peer = s.peers.get(envelope.from);
  const isWitness = envelope.from === s.config?.witness;
  const fromPeer = peer !== undefined && (peer.incarnation === envelope.fromIncarnation || isWitness || acksPerAddress) ? peer : undefined;
  const fromPrimary = s.config?.primary === envelope.from && envelope.epoch === s.config.epoch && s.role !== 'primary';
  switch (message.type) {
    case 'heartbeat':
      if (fromPrimary) onHeartbeat(s, envelope, message, now);
      else if (envelope.epoch > (s.config?.epoch ?? -1)) askLease(s, false, now, resignedReadGapMs);
      return;
    case 'heartbeat-ack':
      if (fromPeer === undefined || s.role !== 'primary') return;
      onHeartbeatAck(s, fromPeer, message.id, message.last, now);
      openingTick(s, now);
      return;
    case 'units':
      if (fromPrimary || noFencing) onUnits(s, envelope, message);
      return;
    case 'units-ack':
      if (fromPeer === undefined || s.role !== 'primary') return;
      onUnitsAck(s, fromPeer, message.last, message.gap, now);
      switchoverTick(s, now);
      openingTick(s, now);
      return;
    case 'new-epoch':
      onNewEpoch(s, envelope, message.config, message.tail, message.lineage, now);
      return;
    case 'new-epoch-ack':
      if (fromPeer !== undefined) onNewEpochAck(s, fromPeer, message.last, now);
      return;
    case 'join':
      noteRestart(s, envelope, message, now);
      if (s.role === 'primary') onJoin(s, envelope, message, now);
      if (envelope.epoch < (s.config?.epoch ?? -1) || speaksOfOlderLease(s, envelope, message)) tellStale(s, envelope);
      return;
    case 'snapshot-begin':
      if (fromPrimary) onSnapshotBegin(s, envelope, message.snapshot);
      return;
    case 'snapshot-chunk':
      if (fromPrimary) onSnapshotChunk(s, envelope, message);
      return;
    case 'snapshot-ack':
      if (fromPeer !== undefined) onChunkAcked(s, fromPeer, message.snapshot, message.index, now);
      return;
    case 'snapshot-end':
      if (fromPrimary) onSnapshotEnd(s, envelope, message);
      return;
    case 'resign':
      if (!fromPrimary || s.role !== 'replica') return;
      s.resignedEpoch = envelope.epoch;
      s.resignSuccessor = message.successor;
      replicaTick(s, now);
      return;
    case 'witness-query':
      return;
    case 'witness-silence':
      onWitnessSilence(s, envelope.from, message.fenced, message.epoch, message.silentMs, now);
      return;
    case 'stale':
      return;
    default:
      assertNever(message, 'message');
  }
}

/** It does not know yet which incarnation the Lease names under its name. */
function speaksOfOlderLease(s: MemberState, { from, fromIncarnation }: Envelope, { succeeds }: Join): boolean {
  const named = s.config?.incarnations[from];
  return named !== undefined && named !== fromIncarnation && named !== succeeds;
}

function tellStale(s: MemberState, envelope: Envelope): void {
  if (s.config !== undefined) s.out.push({ type: 'send', to: envelope.from, toIncarnation: envelope.fromIncarnation, epoch: s.config.epoch, message: { type: 'stale', config: s.config } });
}

/** A configuration that won, wherever it was seen: our own change, or another's. */
function sight(s: MemberState, config: ShardConfig, now: number): void {
  const won = settleBySight(s, config);
  if (won === undefined) adopt(s, config, now);
  else onSettled(s, won, config, now);
}

/**
 * B2: a later incarnation under the same pod UID proves the one in the configuration dead; under another UID, Kubernetes has removed the pod (B1). Only a later one, by its own
 * word: what an earlier one said may arrive late.
 */
function noteRestart(s: MemberState, { from: member, fromIncarnation: incarnation }: Envelope, { podUid, succeeds }: Join, now: number): void {
  const known = s.config?.incarnations[member];
  if (known === undefined || known === incarnation || (succeeds !== known && !s.options.bugs.olderProvesDeath)) return;
  if (s.config?.podUids[member] !== podUid) {
    s.replaced.add(known);
    return;
  }
  if (s.dead.has(known)) return;
  s.dead.add(known);
  if (s.role === 'replica') replicaTick(s, now);
}

function onLeaseRead(s: MemberState, request: number, config: ShardConfig | undefined, now: number): void {
  const { read } = s;
  if (read === undefined || (read.request !== request && !s.options.bugs.obeysOlderConfig)) return;
  s.read = undefined;
  // A missing Lease is not a new shard: wait until it is back above the floor.
  if (config === undefined) return;
  const pending = s.cas;
  const won = settleByRead(s, config, now);
  const settled = pending !== undefined && s.cas === undefined;
  if (settled && s.options.bugs.commitsBeforeObeying) advanceCommit(s);
  if (won !== undefined) {
    onSettled(s, won.cas, won.config, now);
    return;
  }
  const same = s.config !== undefined && config.epoch === s.config.epoch && config.revision === s.config.revision && config.leaseUid === s.config.leaseUid;
  if (!same) adopt(s, config, now);
  else if (s.config?.resourceVersion !== config.resourceVersion) s.config = config;
  // A joiner whose swap did not win counts no more: what waited for it alone is committed, unless the same read shows that another leads (P4).
  if (settled) advanceCommit(s);
  if ((s.role === 'starting' || s.role === 'resigned') && s.config !== undefined) s.role = isMember(s, s.config) ? 'replica' : 'outsider';
  if (same && read.promote && (s.role === 'candidate' || s.options.bugs.promotionWithoutIsr)) onPromotionRead(s, now);
}

function onSettled(s: MemberState, cas: PendingCas, config: ShardConfig, now: number): void {
  // It may have been adopted already from another member, but nothing newer.
  if (s.config !== undefined && isNewer(s.config, config)) return;
  switch (cas.purpose) {
    case 'promote':
      becomePrimary(s, config, now);
      return;
    case 'empty':
      if (isHeld(s, cas.base)) beginLogBehindStore(s, config);
      else {
        discardAll(s);
        s.out.push({ type: 'report', event: { what: 'restarted-empty', epoch: config.epoch } });
      }
      becomePrimary(s, config, now);
      return;
    case 'remove':
    case 'add':
    case 'witness':
    case 'repair': {
      if (cas.purpose === 'add') s.joining = undefined;
      s.config = config;
      s.out.push({ type: 'config', config });
      for (const member of cas.base.isr) {
        if (config.isr.includes(member)) continue;
        s.peers.delete(member);
        s.out.push({ type: 'report', event: { what: 'removed', member, cause: cas.what } });
      }
      if (cas.base.witness !== undefined && (cas.base.witness !== config.witness || config.isr.length > 1)) s.peers.delete(cas.base.witness);
      if (cas.purpose === 'add') s.out.push({ type: 'report', event: { what: 'joined', member: cas.what } });
      if (cas.purpose === 'repair') s.out.push({ type: 'report', event: { what: 'lease-repaired', epoch: config.epoch } });
      for (const peer of s.peers.values()) if (peer.member !== config.witness) s.out.push({ type: 'send', to: peer.member, toIncarnation: peer.incarnation, epoch: config.epoch, message: { type: 'new-epoch', config, tail: s.last, lineage: s.lineage } });
      if (s.role === 'primary') {
        keepWitness(s, now);
        advanceCommit(s);
        openingTick(s, now);
      }
      return;
    }
    default:
      assertNever(cas.purpose, 'purpose');
  }
}

/** Planned hand-over: writes wait, the target gets everything, then this member resigns towards it (P13). */
function beginSwitchover(s: MemberState, target: string | undefined, now: number): void {
  const { config } = s;
  if (s.role !== 'primary' || !s.serving || config === undefined || s.switchover !== undefined || s.sealWish !== undefined || config.sealed !== undefined) return;
  const chosen = target ?? config.isr.filter((member) => member !== s.options.self).toSorted((a, b) => (s.peers.get(b)?.acked.seq ?? 0) - (s.peers.get(a)?.acked.seq ?? 0))[0];
  if (chosen === undefined || !config.isr.includes(chosen)) return;
  s.switchover = { target: chosen, sinceMs: now };
  switchoverTick(s, now);
}

function switchoverTick(s: MemberState, now: number): void {
  const { switchover } = s;
  if (switchover === undefined) return;
  const peer = s.peers.get(switchover.target);
  if (peer !== undefined && s.commit === s.last.seq && peer.acked.seq === s.last.seq && s.cas === undefined) {
    resign(s, switchover.target, 'switchover', now);
    return;
  }
  if (now - switchover.sinceMs > s.options.timing.leaseMs) s.switchover = undefined;
}
