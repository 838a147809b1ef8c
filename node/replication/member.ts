import { assertNever } from '../../shared/assert/never.ts';
import { isNewer, type ShardConfig } from './config.ts';
import type { MemberEffect, MemberEvent } from './effects.ts';
import type { Envelope } from './messages.ts';
import { withUnitOf } from './positions.ts';
import { advanceCommit, onChunkReady, onHeartbeatAck, onJoin, onUnitsAck, primaryTick, stream } from './primary.ts';
import { becomePrimary, onNewEpochAck, onPromotionRead, openingTick, removeUnconfirmed, replicaTick, resign } from './promotion.ts';
import { adopt, onHeartbeat, onNewEpoch, onSnapshotBegin, onSnapshotChunk, onSnapshotEnd, onUnits, outsiderTick } from './replica.ts';
import { askLease, beginCas, casAnswered, pursueCas, settleByRead } from './settle.ts';
import { createState, inSyncCount, leaseUntilMs, type MemberOptions, type MemberState, type PendingCas } from './state.ts';

/**
 * One member of one shard: `step(event, now) → effects`, no clock, no socket, no randomness of its own. The shell (and the simulator) carries the
 * effects out in order and feeds back what came of them.
 */
export function createMember(options: MemberOptions, startMs: number) {
  const s = createState(options, startMs);
  return {
    step(event: MemberEvent, now: number): readonly MemberEffect[] {
      s.out = [];
      handle(s, event, now);
      return s.out;
    },
    /** Logs a unit that the store has executed; the `appended` event of this turn sends it. Returns its seq. */
    append(bytes: Uint8Array): number {
      const epoch = s.config?.epoch ?? 0;
      const seq = s.last.seq + 1;
      options.backlog.append(epoch, seq, bytes);
      s.lineage = withUnitOf(s.lineage, epoch, seq);
      s.last = { epoch, seq };
      s.applied = seq;
      return seq;
    },
    /** Answers may be sent while now < this (P2). */
    leaseUntilMs: () => leaseUntilMs(s),
    /** P10: false when too few copies are in sync for writes. */
    isWritable: () => inSyncCount(s) >= options.minInSync && s.switchover === undefined,
    state: s as Readonly<MemberState>,
  };
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
    case 'snapshot-chunk-ready':
      return onChunkReady(s, event.to, event.snapshot, event.bytes, 0, event.last, now);
    case 'switchover':
      return beginSwitchover(s, event.target, now);
    default:
      return assertNever(event, 'member event');
  }
}

function tick(s: MemberState, now: number): void {
  pursueCas(s, now);
  switch (s.role) {
    case 'starting':
      return askLease(s, false, now);
    case 'outsider':
      emptyShardTick(s, now);
      if (s.options.bugs.promotionWithoutIsr || s.options.bugs.emptyNodePromoted) replicaTick(s, now);
      outsiderTick(s, now);
      // Nobody tells an outsider of a new primary but the Lease, when the one it knows is gone.
      if (now - s.quietSinceMs > s.options.timing.graceMs) askLease(s, false, now);
      return undefined;
    case 'replica':
    case 'candidate':
      return replicaTick(s, now);
    case 'primary':
      primaryTick(s, now);
      openingTick(s, now);
      removeUnconfirmed(s, now);
      switchoverTick(s, now);
      if (s.serving && s.cas !== undefined && now - s.cas.sinceMs > s.options.timing.leaseMs && (s.config?.isr.length ?? 0) > 1) resign(s, undefined, 'a change of the Lease stays unsettled');
      return undefined;
    case 'resigned':
      return askLease(s, false, now);
    default:
      return assertNever(s.role, 'role');
  }
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
    if (refused === 'epoch' && s.config !== undefined) s.out.push({ type: 'send', to: envelope.from, toIncarnation: envelope.fromIncarnation, epoch: s.config.epoch, message: { type: 'stale', config: s.config } });
    return;
  }
  const { message } = envelope;
  const peer = s.peers.get(envelope.from);
  const fromPeer = peer !== undefined && (peer.incarnation === envelope.fromIncarnation || s.options.bugs.acksPerAddress) ? peer : undefined;
  const fromPrimary = s.config?.primary === envelope.from && envelope.epoch === s.config.epoch && s.role !== 'primary';
  switch (message.type) {
    case 'heartbeat':
      if (fromPrimary) onHeartbeat(s, envelope, message, now);
      else if (envelope.epoch > (s.config?.epoch ?? -1)) askLease(s, false, now);
      return;
    case 'heartbeat-ack':
      if (fromPeer !== undefined && s.role === 'primary') onHeartbeatAck(s, fromPeer, message.id, message.last, now);
      return openingTick(s, now);
    case 'units':
      if (fromPrimary || s.options.bugs.noFencing) onUnits(s, envelope, message);
      return;
    case 'units-ack':
      if (fromPeer === undefined || s.role !== 'primary') return;
      onUnitsAck(s, fromPeer, message.last, now);
      switchoverTick(s, now);
      return openingTick(s, now);
    case 'new-epoch':
      onNewEpoch(s, envelope, message.config, message.tail, message.lineage, now);
      return;
    case 'new-epoch-ack':
      if (fromPeer !== undefined) onNewEpochAck(s, fromPeer, message.last, now);
      return;
    case 'join':
      noteRestart(s, envelope.from, envelope.fromIncarnation, message.podUid, now);
      if (s.role === 'primary') onJoin(s, envelope.from, envelope.fromIncarnation, message.podUid, message.last, now);
      else if (s.config !== undefined && envelope.epoch < s.config.epoch) s.out.push({ type: 'send', to: envelope.from, toIncarnation: envelope.fromIncarnation, epoch: s.config.epoch, message: { type: 'stale', config: s.config } });
      return;
    case 'snapshot-begin':
      if (fromPrimary) onSnapshotBegin(s, envelope, message);
      return;
    case 'snapshot-chunk':
      if (fromPrimary) onSnapshotChunk(s, envelope, message);
      return;
    case 'snapshot-ack':
      if (fromPeer?.snapshot !== message.snapshot) return;
      fromPeer.progressMs = now;
      s.out.push({ type: 'next-chunk', to: fromPeer.member, snapshot: message.snapshot });
      return;
    case 'snapshot-end':
      if (fromPrimary) onSnapshotEnd(s, envelope, message.snapshot);
      return;
    case 'resign':
      if (!fromPrimary || s.role !== 'replica') return;
      s.resignedEpoch = envelope.epoch;
      s.resignSuccessor = message.successor;
      return replicaTick(s, now);
    case 'stale':
      if (s.options.bugs.obeysOlderConfig || isNewer(message.config, s.config)) adopt(s, message.config, now);
      return;
    default:
      assertNever(message, 'message');
  }
}

/** B2: another incarnation under the same pod UID proves the one in the configuration dead. */
function noteRestart(s: MemberState, member: string, incarnation: string, podUid: string, now: number): void {
  const known = s.config?.incarnations[member];
  if (known === undefined || known === incarnation || s.config?.podUids[member] !== podUid || s.dead.has(known)) return;
  s.dead.add(known);
  if (s.role === 'replica') replicaTick(s, now);
}

function onLeaseRead(s: MemberState, request: number, config: ShardConfig | undefined, now: number): void {
  const { read } = s;
  if (read === undefined || read.request !== request) return;
  s.read = undefined;
  // A missing Lease is not a new shard: wait until it is back above the floor.
  if (config === undefined) return;
  const won = settleByRead(s, config, now);
  if (won !== undefined) {
    onSettled(s, won.cas, won.config, now);
    return;
  }
  const same = s.config !== undefined && config.epoch === s.config.epoch && config.revision === s.config.revision && config.leaseUid === s.config.leaseUid;
  if (!same) adopt(s, config, now);
  else if (s.config?.resourceVersion !== config.resourceVersion) s.config = config;
  if (s.role === 'starting' || s.role === 'resigned') s.role = isMember(s, config) ? 'replica' : 'outsider';
  if (same && read.promote && (s.role === 'candidate' || s.options.bugs.promotionWithoutIsr || s.options.bugs.emptyNodePromoted)) onPromotionRead(s, now);
}

const isMember = (s: MemberState, config: ShardConfig): boolean => config.isr.includes(s.options.self) && config.incarnations[s.options.self] === s.options.incarnation;

function onSettled(s: MemberState, cas: PendingCas, config: ShardConfig, now: number): void {
  if (!isNewer(config, s.config)) return;
  switch (cas.purpose) {
    case 'promote':
      becomePrimary(s, config, s.opening?.cause ?? 'silence', now);
      return;
    case 'empty':
      s.out.push({ type: 'discard' }, { type: 'report', event: { what: 'restarted-empty', epoch: config.epoch } });
      becomePrimary(s, config, 'empty', now);
      return;
    case 'remove':
    case 'add':
    case 'witness': {
      s.config = config;
      s.out.push({ type: 'config', config });
      for (const member of cas.base.isr) {
        if (config.isr.includes(member)) continue;
        s.peers.delete(member);
        s.out.push({ type: 'report', event: { what: 'removed', member, cause: cas.what } });
      }
      if (cas.purpose === 'add') s.out.push({ type: 'report', event: { what: 'joined', member: cas.what } });
      for (const peer of s.peers.values()) s.out.push({ type: 'send', to: peer.member, toIncarnation: peer.incarnation, epoch: config.epoch, message: { type: 'new-epoch', config, tail: s.last, lineage: s.lineage } });
      if (s.role === 'primary') {
        advanceCommit(s);
        openingTick(s, now);
      }
      return;
    }
    default:
      assertNever(cas.purpose, 'purpose');
  }
}

/**
 * All copies gone (B1): an empty node takes the shard only when every in-sync incarnation is proved dead, and a single copy under the same pod
 * at once; several copies wait `emptyShardAfter` for one that comes back with its memory.
 */
function emptyShardTick(s: MemberState, now: number): void {
  const { config, options } = s;
  if (config === undefined || s.cas !== undefined || s.last.seq > 0) return;
  const isBirth = config.primary === undefined && config.epoch === 0 && config.isr.length === 0;
  const mine = config.isr.length === 1 && config.isr[0] === options.self;
  const deadAll = config.isr.every((member) => s.dead.has(config.incarnations[member] ?? '') || (member === options.self && config.podUids[member] === options.podUid));
  const waitMs = isBirth ? (options.self.endsWith('-0') ? 0 : 3 * options.timing.graceMs) : mine && config.podUids[options.self] === options.podUid ? 0 : options.timing.emptyAfterMs;
  if (!options.bugs.emptyNodePromoted && (!deadAll || (config.isr.length === 0 && !isBirth))) return;
  if (now - Math.max(s.startedMs, s.quietSinceMs) < (options.bugs.emptyNodePromoted ? options.timing.graceMs : waitMs)) return;
  beginCas(s, 'empty', 'every copy is gone', { epoch: config.epoch + 1, primary: options.self, isr: [options.self], incarnations: { [options.self]: options.incarnation }, podUids: { [options.self]: options.podUid }, witness: options.witnesses()[0] }, now);
}

/** Planned hand-over: writes wait, the target gets everything, then this member resigns towards it (P13). */
function beginSwitchover(s: MemberState, target: string | undefined, now: number): void {
  const { config } = s;
  if (s.role !== 'primary' || !s.serving || config === undefined || s.switchover !== undefined) return;
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
    resign(s, switchover.target, 'switchover');
    return;
  }
  if (now - switchover.sinceMs > s.options.timing.leaseMs) s.switchover = undefined;
}
