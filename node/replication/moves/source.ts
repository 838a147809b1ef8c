import { slotCount } from '../../../shared/slots/crc16.ts';
import { generationOf, isSettled, sameSession, type Released } from './ledger.ts';
import { isWanted, nextBatch, ownsAll, type MapMove } from './map-change.ts';
import type { MoveMessage } from './messages.ts';
import { send, setLedger, type Chunk, type MoverState, type Outgoing } from './state.ts';

const retryOpenMs = 100;
const retryFullMs = 5_000;
const resendMs = 500;
const mostPatienceMs = 2_000;
const patienceKept = 0.9;
/** Chunks that are sent again for each answer, until all that may be lost have gone. */
const againPerAnswer = 2;
const releaseEveryMs = 50;
const pauseBackoffMs = 500;
/** Chunks to the same target, of this copy or of others, that may still be on their way when a pause begins: writes wait for them. */
const mostUnderWayAtPause = 1;
/** So long a copy tries to get closer, and holds others up for it; then the pause begins with what is left. */
const convergeMs = 250;
/** With so few changed keys left a copy is close: they are sent again while the order is made, and the rest within the pause. */
const closeChanges = 512;

const spanOf = ({ from, to }: { readonly from: number; readonly to: number }) => ({ from, to });

/** Begins what the targets ask for, and goes on with what the map has ordered already (each later primary of the source does). */
function planMoves(s: MoverState, now: number): void {
  const { map, targets, options } = s;
  if (map === undefined) return;
  for (const move of map.moves) {
    if (move.source !== options.shard || s.outgoing.has(move.id) || s.ledger.released.some(({ id }) => id === move.id)) continue;
    begin(s, move, generationOf(map, move.from), now);
  }
  if (targets === undefined) return;
  let bytes = [...s.outgoing.values()].reduce((sum, one) => sum + one.bytesTotal, 0);
  const hasRoom = (): boolean => s.outgoing.size < options.limits.mostMoves && (bytes < options.limits.mostBytes || s.outgoing.size === 0);
  if (!hasRoom()) return;
  const busy = new Uint8Array(slotCount);
  const { released, staged, dropping } = s.ledger;
  for (const { from, to } of [...Array.from(s.outgoing.values(), ({ move }) => move), ...map.moves, ...released, ...staged, ...dropping]) busy.fill(1, from, to + 1);
  while (hasRoom()) {
    const batch = nextBatch(map, targets, options.shard, busy, options.store.bytesOfSlot, options.limits);
    if (batch === undefined) return;
    busy.fill(1, batch.from, batch.to + 1);
    bytes += begin(s, { id: options.newId(), from: batch.from, to: batch.to, source: options.shard, target: batch.target }, 0, now).bytesTotal;
  }
}

function begin(s: MoverState, move: MapMove, generation: number, now: number): Outgoing {
  const one: Outgoing = {
    move, session: { epoch: s.epoch, count: ++s.sessions }, phase: 'opening', generation, asked: false, scanned: false, next: 0, acked: 0, underWay: [], again: 0, patienceMs: resendMs, sealed: false, beganMs: 0, pausedAtMs: 0, sealedAtMs: 0, takenAtMs: 0, closeSinceMs: Infinity, notBeforeMs: -Infinity, seq: 0,
    lastMs: now, bytesTotal: s.options.store.startCopy(move.id, move), bytesSent: 0, keysSent: 0, waitsFor: undefined,
  };
  s.outgoing.set(move.id, one);
  s.out.push({ type: 'report', what: 'copying slots', move });
  send(s, move.target, { type: 'open', move, session: one.session });
  return one;
}

/** Another session: the target lost what it had, or one cannot go on. */
function beginAgain(s: MoverState, one: Outgoing, now: number): void {
  endPause(s, one);
  s.options.store.stopCopy(one.move.id);
  begin(s, one.move, one.generation, now);
}

function endPause(s: MoverState, one: Outgoing): void {
  if (one.phase === 'paused') s.out.push({ type: 'resume', span: spanOf(one.move) });
}

/** A command deleted everything: so it is to be at the target. */
export function copyAnew(s: MoverState, now: number): void {
  for (const one of [...s.outgoing.values()]) if (one.phase !== 'opening' && one.phase !== 'releasing') beginAgain(s, one, now);
}

/** A map that was written anew knows nothing of an order. */
export function forgetLostOrders(s: MoverState): void {
  for (const one of s.outgoing.values()) {
    if (one.generation === 0 || one.phase === 'releasing' || s.map?.moves.some(({ id }) => id === one.move.id) === true) continue;
    endPause(s, one);
    Object.assign(one, { generation: 0, sealed: false, phase: one.phase === 'opening' ? 'opening' : 'copying' });
  }
}

export function forgetOutgoing(s: MoverState): void {
  for (const one of s.outgoing.values()) {
    endPause(s, one);
    if (one.phase === 'releasing') s.out.push({ type: 'resume', span: spanOf(one.move) });
    s.options.store.stopCopy(one.move.id);
  }
  s.outgoing.clear();
}

/** Cancel: what is not ordered is dropped; what is, is finished (and moved back by the other side). */
export function cancelUnwanted(s: MoverState): void {
  for (const one of [...s.outgoing.values()]) {
    if (one.generation > 0 || (one.phase !== 'opening' && one.phase !== 'copying')) continue;
    const stillOurs = s.map !== undefined && ownsAll(s.map.ranges, s.options.shard, one.move);
    if (stillOurs && isWanted(s.targets, one.move, one.move.target)) continue;
    s.options.store.stopCopy(one.move.id);
    s.outgoing.delete(one.move.id);
    send(s, one.move.target, { type: 'abandon', id: one.move.id, session: one.session });
    s.out.push({ type: 'report', what: 'dropped a copy that is not wanted any more', move: one.move });
  }
}

/** Scanned, and with little left to send again. */
export const isClose = (s: MoverState, one: Outgoing): boolean => one.phase === 'copying' && one.scanned && s.options.store.changesOf(one.move.id) <= closeChanges;

export function sourceTick(s: MoverState, now: number, elapsedMs: number): void {
  cancelUnwanted(s);
  planMoves(s, now);
  const rate = s.targets?.bytesPerSecond ?? 0;
  // For each pair of shards. What was not used in a while is not saved up: at most a tenth of a second.
  const gained = (credit: number): number => (rate === 0 ? Infinity : Math.min(credit + (rate * elapsedMs) / 1000, rate / 10));
  for (const target of new Set(Array.from(s.outgoing.values(), ({ move }) => move.target))) s.credit.set(target, gained(s.credit.get(target) ?? 0));
  pauseNext(s, now);
  for (const one of [...s.outgoing.values()]) {
    retry(s, one, now);
    pump(s, one, now);
  }
  pauseNext(s, now);
  tellReleased(s, now);
}

function retry(s: MoverState, one: Outgoing, now: number): void {
  if (one.phase === 'opening') {
    if (now - one.lastMs < (one.waitsFor === full ? retryFullMs : retryOpenMs)) return;
    one.lastMs = now;
    send(s, one.move.target, { type: 'open', move: one.move, session: one.session });
    one.waitsFor ??= 'the primary of the target to answer';
  } else if (one.underWay.length > 0 && now - one.lastMs > one.patienceMs) {
    // Lost with a connection, or the target is only slow, and then more of the same would make it slower: one chunk asks, and its answers say what else is to come again.
    one.lastMs = now;
    one.patienceMs = Math.min(mostPatienceMs, one.patienceMs * 2);
    one.again = one.acked;
    sendAgain(s, one, 1);
  }
  if (one.phase === 'paused' && now - one.pausedAtMs > s.options.limits.mostPauseMs) {
    // Writes wait no longer: the copy goes on, and is sealed another time.
    endPause(s, one);
    Object.assign(one, { phase: 'copying', sealed: false, closeSinceMs: Infinity, notBeforeMs: now + pauseBackoffMs * (1 + s.options.jitter()) });
    s.out.push({ type: 'report', what: 'gave up a pause', move: one.move });
  }
}

const full = 'memory in the target';

function pump(s: MoverState, one: Outgoing, now: number): void {
  if (one.asked || (one.phase !== 'copying' && one.phase !== 'ordering' && one.phase !== 'paused')) return;
  if (one.underWay.length >= s.options.limits.window || one.sealed) return;
  // What writes wait for is held up by no bound of bytes.
  const paused = one.phase === 'paused';
  if (!paused && ((s.credit.get(one.move.target) ?? 0) <= 0 || underWayBytes(s) >= (s.options.limits.mostUnderWayBytes ?? Infinity))) return;
  // A few changes go with the pause: they are not worth chunks of their own.
  if (one.scanned && !paused && s.options.store.changesOf(one.move.id) <= (s.options.limits.fewChanges ?? 0)) return;
  // One scan at a time and target: what waits for its order or its pause goes first.
  if (!one.scanned && (scansBefore(s, one) || pauseIsNear(s, now))) return;
  one.asked = true;
  if (one.beganMs === 0) one.beganMs = now;
  s.out.push({ type: 'next-chunk', id: one.move.id, session: one.session, seal: paused });
}

function scansBefore(s: MoverState, one: Outgoing): boolean {
  for (const other of s.outgoing.values()) {
    if (other === one) return false;
    if (other.move.target === one.move.target && other.phase === 'copying' && !other.scanned) return true;
  }
  return false;
}

function underWayBytes(s: MoverState): number {
  let bytes = 0;
  for (const { underWay } of s.outgoing.values()) for (const chunk of underWay) bytes += chunk.bytes.length;
  return bytes;
}

function sendAgain(s: MoverState, one: Outgoing, most: number): void {
  for (let sent = 0; sent < most && one.again < one.next; sent++) sendChunk(s, one, one.underWay[one.again++ - one.acked]);
}

function sendChunk(s: MoverState, one: Outgoing, { index, bytes, final }: Outgoing['underWay'][number]): void {
  send(s, one.move.target, { type: 'chunk', id: one.move.id, session: one.session, index, acked: one.acked, final, bytes });
}

export interface ChunkRead {
  readonly bytes: Uint8Array;
  readonly keys: number;
  /** The scan is through. */
  readonly scanned: boolean;
  /** Nothing is left, and nothing can come: it was read for a seal. */
  readonly sealed: boolean;
}

export function onChunkRead(s: MoverState, id: string, session: Outgoing['session'], read: ChunkRead, now: number): void {
  const one = s.outgoing.get(id);
  if (one === undefined || !sameSession(one.session, session)) return;
  one.asked = false;
  if (!one.scanned && read.scanned) {
    one.scanned = true;
    s.out.push({ type: 'report', what: 'copied slots', move: one.move, details: { bytes: one.bytesSent + read.bytes.length, copyMs: Math.round(now - one.beganMs) } });
  }
  const final = read.sealed && one.phase === 'paused';
  if (read.bytes.length > 0 || final) {
    const chunk = { index: one.next++, bytes: read.bytes, final };
    if (one.underWay.length === 0) one.lastMs = now;
    one.underWay.push(chunk);
    one.sealed = final;
    if (final) one.sealedAtMs = now;
    s.credit.set(one.move.target, (s.credit.get(one.move.target) ?? 0) - read.bytes.length);
    one.bytesSent += read.bytes.length;
    one.keysSent += read.keys;
    if (one.again === chunk.index) sendAgain(s, one, 1);
  }
  pauseNext(s, now);
  pump(s, one, now);
}

const wantsPause = (s: MoverState, one: Outgoing, now: number): boolean => (one.generation > 0 || s.options.bugs.releaseBeforeOrder) && now >= one.notBeforeMs && isClose(s, one);

/** Scans rest: what they send and what it costs at both ends would make the pause longer. */
function pauseIsNear(s: MoverState, now: number): boolean {
  for (const one of s.outgoing.values()) {
    if (one.phase === 'paused' || one.phase === 'releasing') return true;
    if (now - one.closeSinceMs < convergeMs && wantsPause(s, one, now)) return true;
  }
  return false;
}

/** One pause at a time: each is as short as can be. */
function pauseNext(s: MoverState, now: number): void {
  for (const one of s.outgoing.values()) if (one.phase === 'paused' || one.phase === 'releasing') return;
  for (const one of s.outgoing.values()) {
    if (!wantsPause(s, one, now)) continue;
    one.closeSinceMs = Math.min(one.closeSinceMs, now);
    if (one.asked || (!isReady(s, one) && now - one.closeSinceMs < convergeMs)) continue;
    one.phase = 'paused';
    one.pausedAtMs = now;
    if (!s.options.bugs.writesNotPaused) s.out.push({ type: 'pause', span: spanOf(one.move) });
    pump(s, one, now);
    return;
  }
}

/** Next to nothing is left, here or on its way. */
function isReady(s: MoverState, one: Outgoing): boolean {
  if (s.options.store.changesOf(one.move.id) > (s.options.limits.fewChanges ?? 0)) return false;
  let underWay = 0;
  for (const other of s.outgoing.values()) if (other.move.target === one.move.target) underWay += other.underWay.length;
  return underWay <= mostUnderWayAtPause;
}

export function onTargetSays(s: MoverState, message: Extract<MoveMessage, { type: 'ready' | 'refuse' | 'taken' | 'lost' | 'opened' | 'still' }>, fromShard: number, now: number): void {
  if (message.type === 'opened') return onOpened(s, message.id);
  const one = s.outgoing.get(message.id);
  const ours = one !== undefined && sameSession(one.session, message.session);
  switch (message.type) {
    case 'still':
      // An order of an earlier primary may be on its way: then the map will show it, and the copy begins anew.
      if (!ours && !s.map?.moves.some(({ id }) => id === message.id) && !s.ledger.released.some(({ id }) => id === message.id)) send(s, fromShard, { type: 'abandon', id: message.id, session: message.session });
      return;
    case 'ready':
      if (!ours || one.phase !== 'opening') return;
      one.phase = 'copying';
      one.waitsFor = undefined;
      one.lastMs = now;
      return pump(s, one, now);
    case 'refuse':
      if (!ours) return;
      if (message.reason === 'full' && one.phase !== 'opening') beginAgain(s, one, now);
      Object.assign(s.outgoing.get(message.id) ?? {}, { waitsFor: message.reason === 'full' ? full : 'the target to delete what it has in these slots' });
      return;
    case 'taken':
      if (ours) onTaken(s, one, message.next, now);
      return;
    default:
      if (ours && one.phase !== 'opening' && one.phase !== 'releasing') beginAgain(s, one, now);
  }
}

function onTaken(s: MoverState, one: Outgoing, next: number, now: number): void {
  if (next <= one.acked) return;
  one.lastMs = now;
  // Who was slow is likely to be so again.
  one.patienceMs = Math.max(resendMs, one.patienceMs * patienceKept);
  one.acked = next;
  one.again = Math.max(one.again, next);
  while (one.underWay.length > 0 && one.underWay[0].index < next) {
    const { bytes } = one.underWay.shift() as Chunk;
    s.options.store.recycle?.(bytes);
  }
  if (one.phase === 'paused' && one.sealed && one.underWay.length === 0) {
    one.takenAtMs = now;
    return release(s, one);
  }
  sendAgain(s, one, againPerAnswer);
  pauseNext(s, now);
  pump(s, one, now);
  if (s.options.limits.mostUnderWayBytes !== undefined) for (const other of s.outgoing.values()) if (other !== one) pump(s, other, now);
}

/**
 * All copies of the target have everything: this shard gives the slots away in its own log. The target is told once that is committed, so whoever leads the source then
 * knows of it (B9).
 */
function release(s: MoverState, one: Outgoing): void {
  const { id, from, to, target } = one.move;
  one.phase = 'releasing';
  const released: Released = { id, from, to, target, generation: one.generation, session: one.session, state: 'sent' };
  one.seq = setLedger(s, { released: [...s.ledger.released, released] });
  if (s.options.bugs.releaseNotCommitted) tellReleased(s, Infinity);
}

/** The record is in every in-sync copy: the slots are the target's from now on. */
export function onReleaseCommitted(s: MoverState, now: number): void {
  for (const one of [...s.outgoing.values()]) {
    if (one.phase !== 'releasing' || one.seq > s.committedSeq) continue;
    s.outgoing.delete(one.move.id);
    s.options.store.stopCopy(one.move.id);
    s.lastReleaseMs = -Infinity;
    s.out.push({ type: 'served', left: spanOf(one.move) }, { type: 'resume', span: spanOf(one.move) });
    s.out.push({ type: 'report', what: 'released slots', move: one.move, details: { ...timeLine(one, now), keys: one.keysSent, bytes: one.bytesSent } });
  }
  tellReleased(s, now);
  pauseNext(s, now);
  for (const one of s.outgoing.values()) pump(s, one, now);
}

/** How long writes waited, and for what: the last part, the copies of the target, the copies of the source. Milliseconds. */
function timeLine({ pausedAtMs, sealedAtMs, takenAtMs }: Outgoing, now: number): Readonly<Record<string, number>> {
  const tenths = (ms: number): number => Math.round(ms * 10) / 10;
  return { pausedMs: tenths(now - pausedAtMs), sealMs: tenths(sealedAtMs - pausedAtMs), takenMs: tenths(takenAtMs - sealedAtMs), releaseMs: tenths(now - takenAtMs) };
}

/** Repeated until the map says that the target serves: it may lose all its copies after it has answered. */
function tellReleased(s: MoverState, now: number): void {
  if (now - s.lastReleaseMs < releaseEveryMs) return;
  s.lastReleaseMs = now;
  const { released } = s.options.bugs.releaseNotCommitted ? s.ledger : s.committed;
  for (const { id, from, to, target, generation, session } of released) {
    if (!s.ledger.released.some((one) => one.id === id)) continue;
    if (isSettled(s.map, id, from, generation)) onOpened(s, id);
    else send(s, target, { type: 'release', move: { id, from, to, source: s.options.shard, target }, generation, session });
  }
}

/** The target serves: what is here may go. */
function onOpened(s: MoverState, id: string): void {
  const known = s.ledger.released.find((one) => one.id === id);
  if (known?.state === 'sent' && s.committed.released.some((one) => one.id === id)) setLedger(s, { released: s.ledger.released.map((one) => (one.id === id ? { ...one, state: 'dropping' } : one)) });
}

/** The map shows whose the slots are, and nothing is left here: the move is over. */
export function forgetSettled(s: MoverState): void {
  const over = s.ledger.released.filter((one) => one.state === 'dropped' && isSettled(s.map, one.id, one.from, one.generation));
  if (over.length > 0) setLedger(s, { released: s.ledger.released.filter((one) => !over.includes(one)) });
}

/** All copies of this shard are gone and it begins with nothing: what was ordered away goes to its targets, which open with nothing too (B9, emptied shards). */
export function releaseEmptied(s: MoverState): void {
  const { map, options } = s;
  const away = (map?.moves ?? []).filter((move) => move.source === options.shard && !s.ledger.released.some(({ id }) => id === move.id));
  if (away.length === 0) return;
  const records = away.map(({ id, from, to, target }): Released => ({ id, from, to, target, generation: generationOf(map, from), state: 'sent' }));
  setLedger(s, { released: [...s.ledger.released, ...records] });
  s.out.push({ type: 'served', left: undefined });
}
