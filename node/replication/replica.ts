import { isNewer, type ShardConfig } from './config.ts';
import { readLength, unitHeadBytes, type PackedUnits } from './backlog.ts';
import type { Envelope, Message } from './messages.ts';
import { commonPrefix, epochOfSeq, isPrefix, lineageUpTo, origin, withUnitOf, type Lineage, type Position } from './positions.ts';
import { askLease } from './settle.ts';
import type { MemberState } from './state.ts';

/** What a member does that does not lead: obeys, receives in order, applies what is committed, joins when it is outside. */
const joinEveryMs = 200;
const leaseReadGapMs = 100;

const reply = (s: MemberState, envelope: Envelope, message: Message): void => void s.out.push({ type: 'send', to: envelope.from, toIncarnation: envelope.fromIncarnation, epoch: s.config?.epoch ?? 0, message });

/** A member is an incarnation, not a name (P5). */
export const isMember = (s: MemberState, config: ShardConfig): boolean => config.isr.includes(s.options.self) && (config.incarnations[s.options.self] === s.options.incarnation || s.options.bugs.acksPerAddress);

/** Takes over a configuration; an older one than any seen is never obeyed (P4). A change restarts the silence that a promoter must wait (P3). */
export function adopt(s: MemberState, config: ShardConfig, now: number): boolean {
  const differs = s.config === undefined || config.epoch !== s.config.epoch || config.revision !== s.config.revision;
  if (!isNewer(config, s.config) && !(s.options.bugs.obeysOlderConfig && differs)) return false;
  const wasPrimary = s.role === 'primary' || s.role === 'resigned';
  const epochChanged = s.config?.epoch !== config.epoch;
  if (s.config === undefined) s.found = config.incarnations[s.options.self];
  s.config = config;
  s.quietSinceMs = now;
  s.out.push({ type: 'config', config });
  if (config.primary === s.options.self && isMember(s, config)) return true;
  if (wasPrimary) stepDown(s, 'another member leads');
  if (s.role === 'candidate' || epochChanged) s.opening = undefined;
  s.role = isMember(s, config) ? 'replica' : 'outsider';
  s.candidacyMs = Infinity;
  return true;
}

/** What this member executed and nobody else may have cannot be taken back: its log must be a prefix of the next primary's, or it syncs in full (P6). */
export function stepDown(s: MemberState, reason: string): void {
  if (s.serving) s.out.push({ type: 'stop-serving', reason });
  s.serving = false;
  s.opening = undefined;
  s.switchover = undefined;
  s.sealWish = undefined;
  s.joining = undefined;
  for (const peer of s.peers.values()) if (peer.stage === 'snapshot') s.out.push({ type: 'stop-snapshot', to: peer.member, snapshot: peer.snapshot });
  s.peers.clear();
}

const observeShardTime = (s: MemberState, { epoch }: Envelope, shardMs: number): void => s.options.observeShardMs(shardMs, s.options.bugs.lateTimeTaken ? NaN : epoch);

export function onHeartbeat(s: MemberState, envelope: Envelope, message: Extract<Message, { type: 'heartbeat' }>, now: number): void {
  s.quietSinceMs = now;
  s.alarmedUntilMs = -Infinity;
  observeShardTime(s, envelope, message.shardMs);
  // Members are told of a change before the heartbeats that follow it; who was taken out since learns it from the Lease only, and is no member until it asks again (P12).
  if (message.revision > (s.config?.revision ?? 0) && !s.options.bugs.contentWithHeartbeats) askLease(s, false, now, leaseReadGapMs);
  reply(s, envelope, { type: 'heartbeat-ack', id: message.id, last: s.last });
  commitUpTo(s, message.commit);
}

/** P6, P7: the primary's commit point counts only for the part of this log that is known to be the primary's. */
function commitUpTo(s: MemberState, commit: number): void {
  if (s.agreed.epoch !== s.config?.epoch || s.receiving !== undefined) return;
  const seq = Math.min(s.options.bugs.replicaReadsUncommitted ? Infinity : commit, s.last.seq, s.agreed.seq);
  if (seq <= s.commit) return;
  s.commit = seq;
  s.applied = Math.max(s.applied, seq);
  s.out.push({ type: 'commit', seq, shardMs: s.options.shardMs(), leaseUntilMs: -Infinity });
}

function agreeUpTo(s: MemberState, seq: number): void {
  const epoch = s.config?.epoch ?? 0;
  if (s.agreed.epoch !== epoch || s.agreed.seq < seq) s.agreed = { epoch, seq };
}

/** Units that follow on what is here are logged; those already here are skipped; a gap or another history is answered with where this log stands. */
export function onUnits(s: MemberState, envelope: Envelope, message: Extract<Message, { type: 'units' }>): void {
  observeShardTime(s, envelope, message.shardMs);
  if (s.receiving !== undefined) return;
  const { previous, units } = message;
  const fits = previous.seq <= s.last.seq && (epochOfSeq(s.lineage, s.last, previous.seq) === previous.epoch || s.options.bugs.tailNotConfirmed);
  let taken = fits;
  if (fits) {
    agreeUpTo(s, previous.seq);
    taken = previous.seq === s.last.seq && s.options.backlog.fits(units.end - units.start, s.applied, units.count) ? takeAll(s, units) : takeEach(s, previous.seq, units);
  }
  reply(s, envelope, { type: 'units-ack', last: s.last, gap: !taken });
  commitUpTo(s, message.commit);
}

/** All new, and with room for all: the usual case. */
function takeAll(s: MemberState, units: PackedUnits): boolean {
  const { epoch, count } = units;
  const firstSeq = s.last.seq + 1;
  s.options.backlog.appendPacked(firstSeq, units);
  s.lineage = withUnitOf(s.lineage, epoch, firstSeq);
  s.last = { epoch, seq: s.last.seq + count };
  agreeUpTo(s, s.last.seq);
  return true;
}

function takeEach(s: MemberState, previousSeq: number, { bytes, start, end, epoch }: PackedUnits): boolean {
  let seq = previousSeq;
  for (let at = start; at < end; ) {
    seq += 1;
    const unitStart = at + unitHeadBytes;
    at = unitStart + readLength(bytes, at);
    if (!takeUnit(s, epoch, seq, bytes, unitStart, at)) return false;
    agreeUpTo(s, seq);
  }
  return true;
}

function takeUnit(s: MemberState, epoch: number, seq: number, bytes: Uint8Array, start: number, end: number): boolean {
  if (seq <= s.last.seq) {
    if (epochOfSeq(s.lineage, s.last, seq) === epoch || s.options.bugs.tailNotConfirmed) return true;
    if (seq <= s.applied) return false;
    truncate(s, seq - 1);
  }
  if (seq !== s.last.seq + 1) return false;
  // What is received and not executed yet lives only here: a unit that would push it out is refused until commits make room.
  if (!s.options.backlog.fits(unitHeadBytes + end - start, s.applied)) return false;
  s.options.backlog.append(epoch, seq, bytes, start, end);
  s.lineage = withUnitOf(s.lineage, epoch, seq);
  s.last = { epoch, seq };
  return true;
}

/** Cuts off units that were received and never executed. */
export function truncate(s: MemberState, seq: number): void {
  const epoch = epochOfSeq(s.lineage, s.last, seq) ?? 0;
  s.lineage = lineageUpTo(s.lineage, seq);
  s.last = { epoch, seq };
  s.options.backlog.truncate(seq);
}

/** P6: this member has seen the epoch, refuses older ones from now on, and says where its log ends once its own tail is cut off. */
export function onNewEpoch(s: MemberState, envelope: Envelope, config: ShardConfig, tail: Position, lineage: Lineage, now: number): void {
  if (s.config?.epoch !== config.epoch || s.config.primary !== envelope.from || s.role === 'primary') return;
  s.quietSinceMs = now;
  if (s.receiving === undefined && !s.options.bugs.tailNotConfirmed) {
    const common = commonPrefix(s.lineage, s.last, lineage, tail);
    if (common < s.last.seq && common >= s.applied) truncate(s, common);
    if (isPrefix(s.last, lineage, tail)) agreeUpTo(s, s.last.seq);
  }
  reply(s, envelope, { type: 'new-epoch-ack', last: s.last });
}

/** P14: a full sync discards first. */
export function onSnapshotBegin(s: MemberState, envelope: Envelope, snapshot: number): void {
  if (s.role !== 'outsider') return;
  s.receiving = { snapshot, from: envelope.from, nextIndex: 0 };
  discardAll(s);
}

export function discardAll(s: MemberState): void {
  if (!s.options.bugs.snapshotWithoutDiscard) s.out.push({ type: 'discard' });
  s.last = origin;
  s.lineage = [];
  s.applied = 0;
  s.commit = 0;
  s.agreed = origin;
  s.options.backlog.reset(origin);
}

export function onSnapshotChunk(s: MemberState, envelope: Envelope, message: Extract<Message, { type: 'snapshot-chunk' }>): void {
  const { receiving } = s;
  if (receiving?.snapshot !== message.snapshot || receiving.from !== envelope.from) return;
  // A chunk is missing: the connection broke. Nothing is acknowledged any more, and the primary begins again.
  if (message.index !== receiving.nextIndex) return;
  receiving.nextIndex += 1;
  s.out.push({ type: 'load-chunk', bytes: message.bytes });
  reply(s, envelope, { type: 'snapshot-ack', snapshot: message.snapshot, index: message.index });
}

export function onSnapshotEnd(s: MemberState, envelope: Envelope, message: Extract<Message, { type: 'snapshot-end' }>): void {
  const { receiving } = s;
  if (receiving?.snapshot !== message.snapshot || receiving.from !== envelope.from || receiving.nextIndex !== message.chunks) return;
  s.receiving = undefined;
  s.last = message.position;
  s.lineage = message.lineage;
  s.applied = s.last.seq;
  s.options.backlog.reset(s.last);
  agreeUpTo(s, s.last.seq);
  s.out.push({ type: 'loaded', position: s.last });
  reply(s, envelope, { type: 'units-ack', last: s.last, gap: false });
}

/**
 * The incarnation in the Lease that is over because this one lives. Under the same pod UID: containers of a pod run one after the other, and this one runs. Under another: only
 * one that this incarnation found there when it began, for a pod that was deleted by force may still run beside the one that came after it.
 */
export function succeeded({ options, found }: MemberState, config: ShardConfig): string | undefined {
  const named = config.incarnations[options.self];
  return named === options.incarnation || (config.podUids[options.self] !== options.podUid && named !== found) ? undefined : named;
}

/**
 * Outside the ISR: asks the primary to be taken in, again and again. Where this member was the primary itself, or there is none, it tells every member of
 * the ISR: a new incarnation under the same pod UID is the proof that the old one is dead (B2).
 */
export function outsiderTick(s: MemberState, now: number): void {
  const { config, options } = s;
  if (config === undefined || now - s.lastJoinMs < joinEveryMs) return;
  s.lastJoinMs = now;
  // To the members too: where every copy has restarted, each must learn that the others are gone.
  const targets = new Set(config.isr);
  if (config.primary !== undefined) targets.add(config.primary);
  targets.delete(options.self);
  const message: Message = { type: 'join', last: s.receiving === undefined ? s.last : origin, podUid: options.podUid, succeeds: succeeded(s, config) };
  for (const to of targets) s.out.push({ type: 'send', to, toIncarnation: '', epoch: config.epoch, message });
}
