import { answeringWitness, mayBeAlone } from './ask-witness.ts';
import type { Envelope, Join, Message } from './messages.ts';
import { epochOfSeq, isPrefix, samePosition, type Position } from './positions.ts';
import { askLease, beginCas } from './settle.ts';
import { countedMembers, countedWitnesses, leaseUntilMs, newPeer, oldestUnackedMs, type MemberState, type Peer } from './state.ts';

/** What a primary does: heartbeats, streaming, commit, taking members out and in. */
const maxBatchBytes = 64 * 1024;
const fullBatchBytes = 32 * 1024;
const batchesInFlight = 2;
const maxUnackedUnits = 65_536;
const maxUnackedMarks = 256;
const maxHeartbeatsUnderWay = 64;
const joinBackoffMs = 1_000;
/** A joiner this close behind is counted: it is in sync after the next few acknowledgements. */
const joinLagMs = 100;
const closeUnits = 64;
const quietBeats = 2.5;
/** Of a snapshot. */
const chunksUnderWay = 8;
const lapsedReadGapMs = 500;

export function sendTo(s: MemberState, peer: Peer, message: Message): void {
  s.out.push({ type: 'send', to: peer.member, toIncarnation: peer.incarnation, epoch: s.config?.epoch ?? 0, message });
}

export function heartbeat(s: MemberState, peer: Peer, now: number): void {
  if (now - peer.lastHeartbeatMs < s.options.timing.heartbeatMs) return;
  peer.lastHeartbeatMs = now;
  const id = ++s.heartbeatCount;
  if (peer.heartbeats.size >= maxHeartbeatsUnderWay) for (const oldest of peer.heartbeats.keys()) {
    peer.heartbeats.delete(oldest);
    break;
  }
  peer.heartbeats.set(id, { sentMs: now, sentSeq: peer.sentSeq });
  sendTo(s, peer, { type: 'heartbeat', id, commit: s.commit, tail: s.last, shardMs: s.options.shardMs(), revision: s.config?.revision ?? 0 });
}

export function onHeartbeatAck(s: MemberState, peer: Peer, id: number, last: Position, now: number): void {
  const sent = peer.heartbeats.get(id);
  if (sent === undefined) return;
  for (const older of peer.heartbeats.keys()) if (older <= id) peer.heartbeats.delete(older);
  // P2 counts from the time of sending: the acknowledgement may have been on its way for long.
  peer.ackedSentMs = Math.max(peer.ackedSentMs, s.options.bugs.heartbeatFromReceipt ? now : sent.sentMs);
  if (peer.stage !== 'stream') return;
  // The channel keeps order: what was answered before this has come, and what was sent before this heartbeat and is not there now was lost with a connection.
  peer.inFlight = 0;
  if (last.seq < sent.sentSeq && isPrefix(last, s.lineage, s.last)) {
    peer.sentSeq = Math.min(peer.sentSeq, last.seq);
  }
  stream(s, peer, now);
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
    // Few units wait for the answers to the batches before them, and travel together: the load itself says how large batches are.
    if (peer.inFlight >= batchesInFlight && backlog.bytesAfter(peer.sentSeq) < fullBatchBytes) return;
    const from = peer.sentSeq + 1;
    const units = backlog.batch(from, maxBatchBytes);
    const to = peer.sentSeq + units.count;
    const previous = { epoch: epochOfSeq(s.lineage, s.last, from - 1) ?? 0, seq: from - 1 };
    sendTo(s, peer, { type: 'units', previous, units, commit: s.commit, shardMs: s.options.shardMs() });
    peer.sentSeq = to;
    peer.inFlight += 1;
    if (peer.unacked.length < maxUnackedMarks) peer.unacked.push({ toSeq: to, sentMs: now });
  }
}

/** P6: logs agree where seq *and* epoch agree. */
const agrees = (s: MemberState, last: Position): boolean => isPrefix(last, s.lineage, s.last) || s.options.bugs.tailNotConfirmed;

export function onUnitsAck(s: MemberState, peer: Peer, last: Position, gap: boolean, now: number): void {
  if (peer.stage !== 'stream' || !agrees(s, last)) return;
  if (!peer.hasAcked || last.seq > peer.acked.seq) {
    peer.acked = last;
    peer.progressMs = now;
  }
  peer.hasAcked = true;
  peer.sentSeq = gap ? Math.max(last.seq, Math.min(peer.sentSeq, last.seq)) : Math.max(peer.sentSeq, last.seq);
  let done = 0;
  while (done < peer.unacked.length && peer.unacked[done].toSeq <= peer.acked.seq) done += 1;
  if (done > 0) peer.unacked = peer.unacked.slice(done);
  peer.inFlight = gap ? 0 : Math.min(peer.inFlight, peer.unacked.length);
  advanceCommit(s);
  stream(s, peer, now);
}

/** Commit = what every counted member has (P1); alone: what the log has. */
export function advanceCommit(s: MemberState): void {
  if (s.role !== 'primary' || s.opening !== undefined) return;
  const { bugs } = s.options;
  let commit = s.last.seq;
  if (!bugs.ackBeforeReplicate) {
    const acked = countedMembers(s).map((member) => {
      const peer = s.peers.get(member);
      return peer !== undefined && peer.hasAcked && peer.stage === 'stream' ? peer.acked.seq : s.commit;
    });
    if (acked.length > 0) commit = bugs.commitWithoutAll ? Math.max(...acked) : Math.min(commit, ...acked);
  }
  if (commit <= s.commit) return;
  s.commit = commit;
  s.out.push({ type: 'commit', seq: commit, shardMs: s.options.shardMs(), leaseUntilMs: leaseUntilMs(s) });
}

export function dropPeer(s: MemberState, peer: Peer, cause: string, now: number): void {
  if (peer.stage === 'snapshot') s.out.push({ type: 'stop-snapshot', to: peer.member, snapshot: peer.snapshot });
  if (s.config?.isr.includes(peer.member) === true) {
    proposeRemoval(s, [peer.member], cause, now);
    return;
  }
  if (s.joining === peer.member && s.cas === undefined) s.joining = undefined;
  peer.stage = 'confirm';
  peer.hasAcked = false;
  peer.notBeforeMs = now + joinBackoffMs;
}

/** Where being alone would help nobody, only those that are proved dead go. */
export function proposeRemoval(s: MemberState, members: readonly string[], cause: string, now: number): void {
  const { config } = s;
  if (s.cas !== undefined || config === undefined) return;
  const without = (gone: readonly string[]): readonly string[] => config.isr.filter((member) => !gone.includes(member));
  const gone = without(members).length > 1 || mayBeAlone(s, now) ? members : members.filter((member) => s.dead.has(config.incarnations[member] ?? ''));
  const isr = without(gone);
  if (isr.length === config.isr.length) return;
  beginCas(s, 'remove', `${gone.join(',')}: ${cause}`, { ...config, isr, witness: isr.length === 1 ? loneWitness(s, now) : undefined }, now);
}

export const loneWitness = (s: MemberState, now: number): string | undefined => answeringWitness(s, now) ?? s.options.witnesses()[0];

/** A primary's turn of the clock. */
export function primaryTick(s: MemberState, now: number): void {
  if (s.config === undefined) return;
  const { timing } = s.options;
  // After a pause of this process nobody has had the chance to answer: silence counts from the waking.
  if (now - s.lastTickMs > 2 * timing.heartbeatMs) s.leadSinceMs = now;
  s.lastTickMs = now;
  keepWitness(s, now);
  for (const peer of s.peers.values()) heartbeat(s, peer, now);
  const lost = s.config.isr.filter((member) => {
    if (member === s.options.self) return false;
    const peer = s.peers.get(member);
    if (peer === undefined) return false;
    return s.dead.has(peer.incarnation) || s.parting.has(peer.incarnation) || isSilent(s, peer, now) || isStuck(s, peer, now);
  });
  if (lost.length > 0) proposeRemoval(s, lost, causeOf(s, lost), now);
  else if (isSealing(s)) sealTick(s, now);
  else {
    joinTick(s, now);
    openedTick(s, now);
  }
  // Who may soon be alone looks for its witness in time.
  if (s.config.isr.length > 1 && s.config.isr.every((member) => member === s.options.self || isQuiet(s, member, now))) answeringWitness(s, now);
  // Whose lease has lapsed may have been followed by another: its clients are to hear whom they should ask.
  if (s.serving && now >= leaseUntilMs(s)) askLease(s, false, now, lapsedReadGapMs);
  for (const peer of s.peers.values()) stream(s, peer, now);
}

/** P3: a successor need not wait for what this member has waited for. Said with the next change, or by one of its own where none comes for a while. */
function openedTick(s: MemberState, now: number): void {
  if (s.config?.unopened !== undefined && s.serving && now - s.candidacyMs > s.options.timing.graceMs) beginCas(s, 'witness', 'opened', { ...s.config }, now);
}

function causeOf(s: MemberState, lost: readonly string[]): string {
  const all = (some: ReadonlySet<string>): boolean => lost.every((member) => some.has(s.peers.get(member)?.incarnation ?? ''));
  return all(s.dead) ? 'has ended' : all(s.parting) ? 'is about to end' : 'does not answer';
}

const isSealing = (s: MemberState): boolean => s.sealWish !== undefined || s.config?.sealed !== undefined;

/**
 * H1: a sealed shard is its primary's alone, so that no copy that outlives it by a moment takes over and makes the snapshot an old one; nobody joins before it is opened
 * again. Writes are taken only once the Lease names no snapshot any more.
 */
export function sealTick(s: MemberState, now: number): void {
  const { config, options, sealWish } = s;
  if (config === undefined || !s.serving || s.cas !== undefined || s.opening !== undefined || s.switchover !== undefined || config.sealed === sealWish) return;
  if (sealWish === undefined) return beginCas(s, 'remove', 'unsealed', { ...config, sealed: undefined }, now);
  if (s.commit !== s.last.seq) return;
  beginCas(s, 'remove', 'sealed', { ...config, isr: [options.self], sealed: sealWish, witness: config.isr.length === 1 ? config.witness : loneWitness(s, now) }, now);
}

function isQuiet(s: MemberState, member: string, now: number): boolean {
  return now - Math.max(s.peers.get(member)?.ackedSentMs ?? -Infinity, s.leadSinceMs) > quietBeats * s.options.timing.heartbeatMs;
}

const isSilent = (s: MemberState, peer: Peer, now: number): boolean => now - Math.max(peer.ackedSentMs, s.leadSinceMs) > s.options.timing.suspectMs;

/** P12: heartbeats alone prove nothing about the data path. */
function isStuck(s: MemberState, peer: Peer, now: number): boolean {
  const oldestMs = oldestUnackedMs(peer);
  return !s.options.bugs.halfOpenDataPath && oldestMs !== undefined && now - Math.max(oldestMs, s.leadSinceMs) > s.options.timing.leaseMs;
}

/** While alone in the ISR a primary's lease is granted by its witness (P2); a silent one is replaced by compare-and-swap. */
export function keepWitness(s: MemberState, now: number): void {
  const { config, options } = s;
  if (config === undefined) return;
  for (const name of countedWitnesses(s)) {
    if (s.peers.has(name)) continue;
    const witness = newPeer(name, options.incarnationOf(name), '', 'confirm');
    witness.progressMs = now;
    s.peers.set(name, witness);
    heartbeat(s, witness, now);
  }
  if (config.isr.length > 1 || config.witness === undefined || s.cas !== undefined || s.opening !== undefined) return;
  const known = s.peers.get(config.witness);
  if (known === undefined || now - Math.max(known.ackedSentMs, known.progressMs, s.leadSinceMs) <= options.timing.suspectMs) return;
  const next = answeringWitness(s, now, config.witness);
  if (next !== undefined) beginCas(s, 'witness', next, { ...config, witness: next }, now);
}

/**
 * Takes a joiner in (P11): once it is close behind, commits and leases count it; only when it has everything committed and answers
 * heartbeats is the compare-and-swap sent.
 */
function joinTick(s: MemberState, now: number): void {
  const { config, options } = s;
  if (config === undefined || s.cas !== undefined || s.opening !== undefined || s.switchover !== undefined) return;
  const fresh = (peer: Peer): boolean => now - peer.ackedSentMs <= options.timing.leaseMs / 2;
  if (s.joining === undefined) {
    for (const peer of s.peers.values()) {
      if (config.isr.includes(peer.member) || s.parting.has(peer.incarnation) || peer.stage !== 'stream' || !peer.hasAcked || !fresh(peer)) continue;
      const oldestMs = oldestUnackedMs(peer);
      if (oldestMs !== undefined && now - oldestMs > options.timing.leaseMs) dropPeer(s, peer, 'stands still', now);
      if (oldestMs !== undefined && now - oldestMs > joinLagMs && s.last.seq - peer.acked.seq > closeUnits) continue;
      s.joining = peer.member;
      break;
    }
  }
  const peer = s.joining === undefined ? undefined : s.peers.get(s.joining);
  if (peer === undefined || peer.stage !== 'stream') {
    s.joining = undefined;
    return;
  }
  const oldestMs = oldestUnackedMs(peer);
  if (!fresh(peer) || (oldestMs !== undefined && now - oldestMs > options.timing.suspectMs)) {
    s.joining = undefined;
    dropPeer(s, peer, 'joined too slowly', now);
    advanceCommit(s);
    return;
  }
  if (peer.acked.seq < s.commit) return;
  const isr = [...config.isr, peer.member];
  beginCas(s, 'add', peer.member, { ...config, isr, incarnations: { ...config.incarnations, [peer.member]: peer.incarnation }, podUids: { ...config.podUids, [peer.member]: peer.podUid } }, now);
}

/** A member outside the ISR asks to be taken in: by the rest of the stream when the backlog covers it, else by a snapshot. */
export function onJoin(s: MemberState, { from, fromIncarnation: incarnation }: Envelope, { podUid, last, succeeds }: Join, now: number): void {
  if (s.opening !== undefined || s.config === undefined || s.parting.has(incarnation)) return;
  const { config } = s;
  if (isSealing(s) && !config.isr.includes(from)) return;
  if (config.isr.includes(from)) {
    // Its old incarnation is still counted: it goes first (P5). By the word of a later one only: that of an earlier one may come late.
    if (config.incarnations[from] === succeeds && config.podUids[from] === podUid) proposeRemoval(s, [from], 'restarted empty', now);
    return;
  }
  const known = s.peers.get(from);
  const underWay = known !== undefined && known.incarnation === incarnation && (known.stage === 'confirm' ? now < known.notBeforeMs : now - known.progressMs < s.options.timing.leaseMs || (known.stage === 'stream' && known.hasAcked && samePosition(known.acked, last)));
  if (underWay || (s.joining === from && s.cas !== undefined)) return;
  if (known?.stage === 'snapshot') s.out.push({ type: 'stop-snapshot', to: from, snapshot: known.snapshot });
  if (s.joining === from) s.joining = undefined;
  const peer = newPeer(from, incarnation, podUid, 'stream');
  peer.progressMs = now;
  s.peers.set(from, peer);
  heartbeat(s, peer, now);
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
  peer.chunkAsked = true;
  sendTo(s, peer, { type: 'snapshot-begin', snapshot: peer.snapshot });
  s.out.push({ type: 'start-snapshot', to: from, snapshot: peer.snapshot });
}

export function onChunkAcked(s: MemberState, peer: Peer, snapshot: number, index: number, now: number): void {
  if (peer.snapshot !== snapshot || peer.stage !== 'snapshot') return;
  peer.progressMs = now;
  peer.chunksAcked = Math.max(peer.chunksAcked, index + 1);
  askForChunk(s, peer);
}

/** Some are on their way at once, so that a joiner that is woken late does not hold up the copy; no more than that, for they wait in its memory or ours. */
function askForChunk(s: MemberState, peer: Peer): void {
  if (peer.chunkAsked || peer.chunks - peer.chunksAcked >= chunksUnderWay) return;
  peer.chunkAsked = true;
  s.out.push({ type: 'next-chunk', to: peer.member, snapshot: peer.snapshot });
}

export function onChunkReady(s: MemberState, to: string, snapshot: number, bytes: Uint8Array, last: boolean, now: number): void {
  const peer = s.peers.get(to);
  if (peer === undefined || peer.stage !== 'snapshot' || peer.snapshot !== snapshot) return;
  sendTo(s, peer, { type: 'snapshot-chunk', snapshot, index: peer.chunks++, bytes });
  peer.chunkAsked = false;
  if (!last) return askForChunk(s, peer);
  // The copy is the store as it is now: the stream goes on behind the newest unit.
  sendTo(s, peer, { type: 'snapshot-end', snapshot, chunks: peer.chunks, position: s.last, lineage: s.lineage });
  peer.stage = 'stream';
  peer.hasAcked = false;
  peer.sentSeq = s.last.seq;
  peer.unacked = [{ toSeq: s.last.seq, sentMs: now }];
}
