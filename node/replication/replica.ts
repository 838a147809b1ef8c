import { isNewer, type ShardConfig } from './config.ts';
import type { Envelope, Message, Unit } from './messages.ts';
import { commonPrefix, epochOfSeq, lineageUpTo, origin, withUnitOf, type Lineage, type Position } from './positions.ts';
import type { MemberState } from './state.ts';

/** What a member does that does not lead: obeys, receives in order, applies what is committed, joins when it is outside. */
const joinEveryMs = 200;

const reply = (s: MemberState, envelope: Envelope, message: Message): void => void s.out.push({ type: 'send', to: envelope.from, toIncarnation: envelope.fromIncarnation, epoch: s.config?.epoch ?? 0, message });

const isSelfIn = (s: MemberState, config: ShardConfig): boolean => config.isr.includes(s.options.self) && config.incarnations[s.options.self] === s.options.incarnation;

/** Takes over a configuration; an older one than any seen is never obeyed (P4). A change restarts the silence that a promoter must wait (P3). */
export function adopt(s: MemberState, config: ShardConfig, now: number): boolean {
  if (!isNewer(config, s.config)) return false;
  const wasPrimary = s.role === 'primary' || s.role === 'resigned';
  const epochChanged = s.config?.epoch !== config.epoch;
  s.config = config;
  if (!s.options.bugs.noGraceAfterConfig) s.quietSinceMs = now;
  s.out.push({ type: 'config', config });
  if (config.primary === s.options.self && isSelfIn(s, config)) return true;
  if (wasPrimary) stepDown(s, 'another member leads');
  if (s.role === 'candidate' || epochChanged) s.opening = undefined;
  s.role = isSelfIn(s, config) ? 'replica' : 'outsider';
  s.candidacyMs = Infinity;
  return true;
}

export function stepDown(s: MemberState, reason: string): void {
  if (s.serving) s.out.push({ type: 'stop-serving', reason });
  s.serving = false;
  s.opening = undefined;
  s.switchover = undefined;
  for (const peer of s.peers.values()) if (peer.stage === 'snapshot') s.out.push({ type: 'stop-snapshot', to: peer.member, snapshot: peer.snapshot });
  s.peers.clear();
  // What this member executed and nobody else may have cannot be taken back: its log must be a prefix of the next primary's, or it syncs in full.
  s.applied = Math.max(s.applied, s.last.seq);
}

export function onHeartbeat(s: MemberState, envelope: Envelope, message: Extract<Message, { type: 'heartbeat' }>, now: number): void {
  s.quietSinceMs = now;
  s.shardMs = Math.max(s.shardMs, message.shardMs);
  s.resignedEpoch = -1;
  reply(s, envelope, { type: 'heartbeat-ack', id: message.id, last: s.last });
  if (s.role === 'replica' || s.role === 'candidate') commitUpTo(s, message.commit);
}

function commitUpTo(s: MemberState, commit: number): void {
  const seq = Math.min(commit, s.last.seq);
  if (seq <= s.commit) return;
  s.commit = seq;
  s.applied = Math.max(s.applied, seq);
  s.out.push({ type: 'commit', seq, shardMs: s.shardMs });
}

/** Units that follow on what is here are logged; those already here are skipped; a gap or another history is answered with where this log stands. */
export function onUnits(s: MemberState, envelope: Envelope, message: Extract<Message, { type: 'units' }>): void {
  s.shardMs = Math.max(s.shardMs, message.shardMs);
  if (s.receiving !== undefined) return;
  const { previous, units } = message;
  const fits = previous.seq <= s.last.seq && epochOfSeq(s.lineage, s.last, previous.seq) === previous.epoch;
  if (fits) for (const unit of units) if (!takeUnit(s, unit)) break;
  reply(s, envelope, { type: 'units-ack', last: s.last });
  if (s.role === 'replica' || s.role === 'candidate') commitUpTo(s, message.commit);
  else if (fits) applyAsOutsider(s, message.commit);
}

/** A joiner is not counted yet, but keeps up with what is committed so that taking it in costs nothing. */
function applyAsOutsider(s: MemberState, commit: number): void {
  commitUpTo(s, commit);
}

function takeUnit(s: MemberState, unit: Unit): boolean {
  if (unit.seq <= s.last.seq) {
    if (epochOfSeq(s.lineage, s.last, unit.seq) === unit.epoch) return true;
    if (unit.seq <= s.applied) return false;
    truncate(s, unit.seq - 1);
  }
  if (unit.seq !== s.last.seq + 1) return false;
  // What is received and not executed yet lives only here: a unit that would push it out is refused until commits make room.
  if (!s.options.backlog.fits(unit.bytes.length, s.applied)) return false;
  s.options.backlog.append(unit.epoch, unit.seq, unit.bytes);
  s.lineage = withUnitOf(s.lineage, unit.epoch, unit.seq);
  s.last = { epoch: unit.epoch, seq: unit.seq };
  return true;
}

/** Cuts off units that were received and never executed. */
function truncate(s: MemberState, seq: number): void {
  const epoch = epochOfSeq(s.lineage, s.last, seq) ?? 0;
  s.lineage = lineageUpTo(s.lineage, seq);
  s.last = { epoch, seq };
  s.options.backlog.truncate(seq);
}

export function onNewEpoch(s: MemberState, envelope: Envelope, config: ShardConfig, tail: Position, lineage: Lineage, now: number): void {
  adopt(s, config, now);
  if (s.config?.epoch !== config.epoch || s.role === 'primary') return;
  s.quietSinceMs = now;
  const common = commonPrefix(s.lineage, s.last, lineage, tail);
  if (common < s.last.seq && common >= s.applied && s.receiving === undefined) truncate(s, common);
  reply(s, envelope, { type: 'new-epoch-ack', last: s.last });
}

export function onSnapshotBegin(s: MemberState, envelope: Envelope, message: Extract<Message, { type: 'snapshot-begin' }>): void {
  if (s.role !== 'outsider') return;
  s.receiving = { snapshot: message.snapshot, from: envelope.from };
  s.out.push({ type: 'discard' });
  s.last = origin;
  s.lineage = [];
  s.applied = 0;
  s.commit = 0;
  s.pendingStart = { start: message.start, lineage: message.lineage };
}

export function onSnapshotChunk(s: MemberState, envelope: Envelope, message: Extract<Message, { type: 'snapshot-chunk' }>): void {
  if (s.receiving?.snapshot !== message.snapshot || s.receiving.from !== envelope.from) return;
  s.out.push({ type: 'load-chunk', bytes: message.bytes });
  reply(s, envelope, { type: 'snapshot-ack', snapshot: message.snapshot, index: message.index });
}

export function onSnapshotEnd(s: MemberState, envelope: Envelope, snapshot: number): void {
  if (s.receiving?.snapshot !== snapshot || s.pendingStart === undefined) return;
  s.receiving = undefined;
  s.last = s.pendingStart.start;
  s.lineage = s.pendingStart.lineage;
  s.applied = s.last.seq;
  s.commit = s.last.seq;
  s.options.backlog.reset(s.last);
  s.pendingStart = undefined;
  s.out.push({ type: 'loaded', position: s.last });
  reply(s, envelope, { type: 'units-ack', last: s.last });
}

/**
 * Outside the ISR: asks the primary to be taken in, again and again. A restarted primary asks every member of the ISR: its new incarnation under the same
 * pod UID is the proof that the old one is dead (B2).
 */
export function outsiderTick(s: MemberState, now: number): void {
  const { config, options } = s;
  if (config === undefined || now - s.lastJoinMs < joinEveryMs) return;
  s.lastJoinMs = now;
  const targets = config.primary === undefined || config.primary === options.self ? config.isr.filter((member) => member !== options.self) : [config.primary];
  const message: Message = { type: 'join', last: s.receiving === undefined ? s.last : origin, podUid: options.podUid };
  for (const to of targets) s.out.push({ type: 'send', to, toIncarnation: config.incarnations[to] ?? '', epoch: config.epoch, message });
}
