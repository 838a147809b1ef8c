import type { Message, Unit } from './messages.ts';
import { isPrefix, type Position } from './positions.ts';
import { beginCas } from './settle.ts';
import { countedMembers, newPeer, type MemberState, type Peer } from './state.ts';

/** What a primary does: heartbeats, streaming, commit, taking members out and in. */
const maxBatchBytes = 256 * 1024;
const maxUnackedUnits = 65_536;
const joinBackoffMs = 1_000;

export function sendTo(s: MemberState, peer: Peer, message: Message): void {
  s.out.push({ type: 'send', to: peer.member, toIncarnation: peer.incarnation, epoch: s.config?.epoch ?? 0, message });
}

/** Every member or witness that gets heartbeats. */
function listeners(s: MemberState): readonly Peer[] {
  return [...s.peers.values()];
}

export function heartbeat(s: MemberState, peer: Peer, now: number): void {
  if (now - peer.lastHeartbeatMs < s.options.timing.heartbeatMs) return;
  peer.lastHeartbeatMs = now;
  const id = ++s.heartbeatCount;
  peer.heartbeats.set(id, { sentMs: now, sentSeq: peer.sentSeq });
  if (peer.heartbeats.size > 64) for (const old of peer.heartbeats.keys()) if (old < id - 64 * Math.max(1, s.peers.size)) peer.heartbeats.delete(old);
  sendTo(s, peer, { type: 'heartbeat', id, commit: s.commit, tail: s.last, shardMs: s.shardMs, revision: s.config?.revision ?? 0 });
}

export function onHeartbeatAck(s: MemberState, peer: Peer, id: number, last: Position, now: number): void {
  const sent = peer.heartbeats.get(id);
  if (sent === undefined) return;
  peer.heartbeats.delete(id);
  // P2 counts from the time of sending: the acknowledgement may have been on its way for long.
  peer.ackedSentMs = Math.max(peer.ackedSentMs, s.options.bugs.heartbeatFromReceipt ? now : sent.sentMs);
  if (peer.stage !== 'stream') return;
  // The channel keeps order: what was sent before this heartbeat and is not there now was lost with a connection.
  if (last.seq < sent.sentSeq && isPrefix(last, s.lineage, s.last)) {
    peer.sentSeq = Math.min(peer.sentSeq, last.seq);
    stream(s, peer, now);
  }
}

/** Sends what the backlog holds beyond what was sent, in bounded batches. */
export function stream(s: MemberState, peer: Peer, now: number): void {
  if (peer.stage !== 'stream') return;
  const { backlog } = s.options;
  while (peer.sentSeq < s.last.seq && peer.sentSeq - peer.acked.seq < maxUnackedUnits) {
    if (!backlog.covers(peer.sentSeq)) {
      dropPeer(s, peer, 'backlog', now);
      return;
    }
    const from = peer.sentSeq + 1;
    const to = backlog.batchEnd(from, maxBatchBytes);
    const units: Unit[] = [];
    backlog.each(from, to, (epoch, seq, bytes) => units.push({ epoch, seq, bytes: bytes.slice() }));
    const previous = { epoch: epochBefore(s, from), seq: from - 1 };
    sendTo(s, peer, { type: 'units', previous, units, commit: s.commit, shardMs: s.shardMs });
    peer.sentSeq = to;
    peer.oldestUnackedMs ??= now;
  }
}

function epochBefore(s: MemberState, seq: number): number {
  for (let i = s.lineage.length - 1; i >= 0; i--) if (s.lineage[i].firstSeq < seq) return s.lineage[i].epoch;
  return 0;
}

export function onUnitsAck(s: MemberState, peer: Peer, last: Position, now: number): void {
  if (peer.stage !== 'stream' || !isPrefix(last, s.lineage, s.last)) return;
  if (!peer.hasAcked || last.seq > peer.acked.seq) {
    peer.acked = last;
    peer.progressMs = now;
  }
  peer.hasAcked = true;
  peer.sentSeq = Math.max(peer.sentSeq, last.seq);
  peer.oldestUnackedMs = peer.acked.seq >= peer.sentSeq ? undefined : now;
  advanceCommit(s);
  stream(s, peer, now);
}

/** Commit = what every counted member has (P1); alone: what the log has. */
export function advanceCommit(s: MemberState): void {
  if (s.role !== 'primary' || s.opening !== undefined) return;
  let commit = s.last.seq;
  if (!s.options.bugs.ackBeforeReplicate) {
    const others = s.options.bugs.removedBeforeSettled && s.cas !== undefined ? s.cas.wanted.isr.filter((member) => member !== s.options.self) : countedMembers(s);
    for (const member of others) {
      const peer = s.peers.get(member);
      const acked = peer !== undefined && peer.hasAcked && peer.stage === 'stream' ? peer.acked.seq : s.commit;
      commit = s.options.bugs.commitWithoutAll ? Math.max(s.commit, acked) : Math.min(commit, acked);
    }
  }
  if (commit <= s.commit) return;
  s.commit = commit;
  s.out.push({ type: 'commit', seq: commit, shardMs: s.shardMs });
}

export function dropPeer(s: MemberState, peer: Peer, cause: string, now: number): void {
  if (peer.stage === 'snapshot') s.out.push({ type: 'stop-snapshot', to: peer.member, snapshot: peer.snapshot });
  if (s.config?.isr.includes(peer.member) === true) {
    proposeRemoval(s, [peer.member], cause, now);
    return;
  }
  peer.stage = 'confirm';
  peer.hasAcked = false;
  peer.notBeforeMs = now + joinBackoffMs;
}

export function proposeRemoval(s: MemberState, members: readonly string[], cause: string, now: number): void {
  if (s.cas !== undefined || s.config === undefined) return;
  const isr = s.config.isr.filter((member) => !members.includes(member));
  const alone = isr.length === 1;
  beginCas(s, 'remove', `${members.join(',')}: ${cause}`, { ...s.config, isr, witness: alone ? s.options.witnesses()[0] : undefined }, now);
}

/** A primary's turn of the clock. */
export function primaryTick(s: MemberState, now: number): void {
  if (s.config === undefined) return;
  const { timing } = s.options;
  ensureWitness(s);
  for (const peer of listeners(s)) heartbeat(s, peer, now);
  const lost = s.config.isr.filter((member) => {
    if (member === s.options.self) return false;
    const peer = s.peers.get(member);
    if (peer === undefined) return false;
    if (s.dead.has(peer.incarnation)) return true;
    const silent = now - Math.max(peer.ackedSentMs, s.opening === undefined ? -Infinity : s.candidacyMs, s.quietSinceMs) > timing.suspectMs;
    const stuck = !s.options.bugs.halfOpenDataPath && peer.oldestUnackedMs !== undefined && now - peer.oldestUnackedMs > timing.leaseMs;
    return silent || stuck;
  });
  if (lost.length > 0) proposeRemoval(s, lost, 'does not answer', now);
  else proposeAddition(s, now);
  for (const peer of listeners(s)) stream(s, peer, now);
}

/** While alone in the ISR a primary's lease is granted by its witness. */
function ensureWitness(s: MemberState): void {
  const { config } = s;
  if (config?.witness === undefined || config.isr.length > 1 || s.peers.has(config.witness)) return;
  s.peers.set(config.witness, newPeer(config.witness, s.options.incarnationOf(config.witness), '', 'confirm'));
}

/** Takes a joiner in that has the commit point and a live heartbeat (P11: it counts from before the compare-and-swap is sent). */
function proposeAddition(s: MemberState, now: number): void {
  const { config, options } = s;
  if (config === undefined || s.cas !== undefined || s.opening !== undefined) return;
  for (const peer of s.peers.values()) {
    if (config.isr.includes(peer.member) || peer.stage !== 'stream' || !peer.hasAcked) continue;
    if (peer.acked.seq < s.commit || now - peer.ackedSentMs > options.timing.leaseMs / 2) continue;
    const isr = [...config.isr, peer.member];
    beginCas(s, 'add', peer.member, { ...config, isr, incarnations: { ...config.incarnations, [peer.member]: peer.incarnation }, podUids: { ...config.podUids, [peer.member]: peer.podUid } }, now);
    return;
  }
}

/** A member outside the ISR asks to be taken in: by the rest of the stream when the backlog covers it, else by a snapshot. */
export function onJoin(s: MemberState, from: string, incarnation: string, podUid: string, last: Position, now: number): void {
  if (s.opening !== undefined || s.config === undefined) return;
  const { config } = s;
  if (config.isr.includes(from)) {
    // Its old incarnation is still counted: it goes first (P5), proved dead by the new one under the same pod UID (B2).
    if (config.incarnations[from] !== incarnation && config.podUids[from] === podUid) proposeRemoval(s, [from], 'restarted empty', now);
    return;
  }
  const known = s.peers.get(from);
  const underWay = known !== undefined && known.incarnation === incarnation && (known.stage === 'confirm' ? now < known.notBeforeMs : now - known.progressMs < s.options.timing.leaseMs);
  if (underWay) return;
  if (known?.stage === 'snapshot') s.out.push({ type: 'stop-snapshot', to: from, snapshot: known.snapshot });
  const peer = newPeer(from, incarnation, podUid, 'stream');
  peer.progressMs = now;
  s.peers.set(from, peer);
  if (isPrefix(last, s.lineage, s.last) && s.options.backlog.covers(last.seq) && last.seq > 0) {
    peer.acked = last;
    peer.hasAcked = true;
    peer.sentSeq = last.seq;
    sendTo(s, peer, { type: 'new-epoch', config, tail: s.last, lineage: s.lineage });
    stream(s, peer, now);
    return;
  }
  peer.stage = 'snapshot';
  peer.snapshot = ++s.snapshotCount;
  peer.snapshotStart = s.last;
  s.out.push({ type: 'start-snapshot', to: from, snapshot: peer.snapshot, start: s.last });
  sendTo(s, peer, { type: 'snapshot-begin', snapshot: peer.snapshot, start: s.last, lineage: s.lineage });
}

export function onChunkReady(s: MemberState, to: string, snapshot: number, bytes: Uint8Array, index: number, last: boolean, now: number): void {
  const peer = s.peers.get(to);
  if (peer === undefined || peer.stage !== 'snapshot' || peer.snapshot !== snapshot) return;
  sendTo(s, peer, { type: 'snapshot-chunk', snapshot, index, bytes });
  if (!last) return;
  sendTo(s, peer, { type: 'snapshot-end', snapshot });
  peer.stage = 'stream';
  peer.hasAcked = false;
  peer.sentSeq = peer.snapshotStart.seq;
  peer.oldestUnackedMs = undefined;
  if (!s.options.bugs.snapshotWithoutTail) stream(s, peer, now);
  else peer.sentSeq = s.last.seq;
}
