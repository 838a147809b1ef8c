import { isOlderSession, isSettled, overlaps, sameSession, servingShards, type Session, type Staged } from './ledger.ts';
import type { MapMove } from './map-change.ts';
import type { MoveMessage } from './messages.ts';
import { isOccupied, readMap, send, sendCommitted, setLedger, stagedOf, without, type Incoming, type MoverState } from './state.ts';

const silentMs = 3_000;

const spanOf = ({ from, to }: { readonly from: number; readonly to: number }) => ({ from, to });

export function onOpen(s: MoverState, move: MapMove, session: Session, now: number): void {
  const refuse = (reason: 'busy' | 'full'): void => send(s, move.source, { type: 'refuse', id: move.id, session, reason });
  const known = stagedOf(s, move.id);
  if (known !== undefined) {
    if (known.opened > 0) return sendCommitted(s, move.source, { type: 'opened', id: move.id });
    if (sameSession(known.session, session)) return sendCommitted(s, move.source, { type: 'ready', id: move.id, session });
    if (isOlderSession(session, known.session)) return undefined;
    if (s.options.bugs.stagingKept) {
      setLedger(s, { staged: s.ledger.staged.map((one) => (one.id === move.id ? { ...one, session } : one)) });
      s.incoming.set(move.id, newIncoming(now));
      return sendCommitted(s, move.source, { type: 'ready', id: move.id, session });
    }
    // What another session brought may be of a history that the source has left: nothing of it stays.
    dropStaging(s, known);
    return refuse('busy');
  }
  for (const other of s.ledger.staged) if (overlaps(other, move) && other.opened === 0 && other.source === move.source && other.session.epoch < session.epoch && !isOrdered(s, other.id)) dropStaging(s, other);
  const serves = servingShards(s.map, s.ledger, s.options.shard);
  const span = spanOf(move);
  const own = serves.subarray(span.from, span.to + 1).includes(s.options.shard);
  if (own || (isOccupied(s, span) && !s.options.bugs.targetBeforeDropped)) return refuse('busy');
  if (!s.options.store.isClean(span) && !s.options.bugs.targetBeforeDropped) {
    setLedger(s, { dropping: [...s.ledger.dropping, span] });
    return refuse('busy');
  }
  setLedger(s, { staged: [...s.ledger.staged, { id: move.id, ...span, source: move.source, session, opened: 0 }] });
  s.incoming.set(move.id, newIncoming(now));
  return sendCommitted(s, move.source, { type: 'ready', id: move.id, session });
}

const newIncoming = (now: number): Incoming => ({ next: 0, final: false, heardMs: now, keysTaken: 0, bytesTaken: 0 });

const isOrdered = (s: MoverState, id: string): boolean => s.map?.moves.some((move) => move.id === id) === true;

function dropStaging(s: MoverState, staged: Staged): void {
  s.incoming.delete(staged.id);
  setLedger(s, { staged: without(s.ledger.staged, staged.id), dropping: [...s.ledger.dropping, spanOf(staged)] });
  s.out.push({ type: 'resume', span: spanOf(staged) });
}

export function onChunk(s: MoverState, from: number, message: Extract<MoveMessage, { type: 'chunk' }>, now: number): void {
  const { id, session, index } = message;
  const staged = stagedOf(s, id);
  if (staged === undefined) return send(s, from, { type: 'lost', id, session });
  if (staged.opened > 0) return undefined;
  if (!sameSession(staged.session, session)) return isOlderSession(session, staged.session) ? undefined : send(s, from, { type: 'lost', id, session });
  let known = s.incoming.get(id);
  if (known === undefined) {
    // A later primary of the target: it holds all that was acknowledged, and goes on where the source's unacknowledged chunks begin.
    if (index !== message.acked) return undefined;
    known = { ...newIncoming(now), next: index };
    s.incoming.set(id, known);
  }
  known.heardMs = now;
  if (index === known.next) {
    const seq = s.options.store.take(message.bytes);
    if (seq === 'full') {
      dropStaging(s, staged);
      return send(s, from, { type: 'refuse', id, session, reason: 'full' });
    }
    s.loggedSeq = seq;
    known.next += 1;
    known.bytesTaken += message.bytes.length;
    if (known.final && !message.final) s.out.push({ type: 'resume', span: spanOf(staged) });
    known.final = message.final;
    if (message.final) s.out.push({ type: 'park', span: spanOf(staged) });
  }
  return sendCommitted(s, from, { type: 'taken', id, session, next: known.next });
}

/** The source has given the slots away, and every copy of it knows. */
export function onRelease(s: MoverState, message: Extract<MoveMessage, { type: 'release' }>, now: number): void {
  const { move, session, generation } = message;
  const known = stagedOf(s, move.id);
  if (known !== undefined && known.opened > 0) return sendCommitted(s, move.source, { type: 'opened', id: move.id });
  if (known !== undefined && ((session !== undefined && sameSession(known.session, session)) || s.options.bugs.foreignSessionOpened)) return open(s, { ...known, opened: generation }, move);
  // Nothing here fits: this shard or the source lost all its copies, or the move is long over. Only the map can tell.
  if (!isOrdered(s, move.id)) {
    const doubt = s.doubts.get(move.id) ?? s.requests + 1;
    s.doubts.set(move.id, doubt);
    if (s.lastReadAnswered < doubt) return void readMap(s, now);
    s.doubts.delete(move.id);
    return send(s, move.source, { type: 'opened', id: move.id });
  }
  s.doubts.delete(move.id);
  // What may be old is never shown: it opens with nothing, as an emptied shard does (B1).
  if (known !== undefined) return dropStaging(s, known);
  const span = spanOf(move);
  if (s.ledger.dropping.some((one) => overlaps(one, span))) return undefined;
  if (!s.options.store.isClean(span)) return void setLedger(s, { dropping: [...s.ledger.dropping, span] });
  return open(s, { id: move.id, ...span, source: move.source, session: session ?? { epoch: 0, count: 0 }, opened: generation }, move);
}

function open(s: MoverState, staged: Staged, move: MapMove): void {
  setLedger(s, { staged: [...without(s.ledger.staged, staged.id), staged] });
  s.out.push({ type: 'served', left: undefined }, { type: 'resume', span: spanOf(staged) }, { type: 'report', what: 'serves slots that were moved here', move });
  sendCommitted(s, move.source, { type: 'opened', id: move.id });
}

export function onAbandon(s: MoverState, id: string, session: Session): void {
  const known = stagedOf(s, id);
  if (known !== undefined && known.opened === 0 && sameSession(known.session, session) && s.incoming.get(id)?.final !== true && !isOrdered(s, id)) dropStaging(s, known);
}

export function targetTick(s: MoverState, now: number): void {
  for (const staged of s.ledger.staged) {
    if (staged.opened > 0) continue;
    const known = s.incoming.get(staged.id);
    if (now - (known?.heardMs ?? s.ledAtMs) < silentMs || now - s.lastStillMs < silentMs) continue;
    s.lastStillMs = now;
    send(s, staged.source, { type: 'still', id: staged.id, session: staged.session });
  }
}

/** Moves to here that serve and that the map still lists: to be taken off it. */
export const toClose = (s: MoverState): readonly string[] => s.committed.staged.filter((one) => one.opened > 0 && isOrdered(s, one.id)).map(({ id }) => id);

/** The map shows that the slots are this shard's, and nothing of the move. */
export function forgetOpened(s: MoverState): void {
  const over = s.committed.staged.filter((one) => one.opened > 0 && isSettled(s.map, one.id, one.from, one.opened) && s.ledger.staged.some(({ id }) => id === one.id));
  if (over.length === 0) return;
  setLedger(s, { staged: s.ledger.staged.filter((one) => !over.some(({ id }) => id === one.id)) });
  for (const { id } of over) s.incoming.delete(id);
}

/** FLUSHALL took what was staged: the source begins again. */
export function onFlushed(s: MoverState): void {
  for (const staged of s.ledger.staged) if (staged.opened === 0) {
    s.incoming.delete(staged.id);
    setLedger(s, { staged: without(s.ledger.staged, staged.id) });
    send(s, staged.source, { type: 'lost', id: staged.id, session: staged.session });
  }
}
