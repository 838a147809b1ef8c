import { assertNever } from '../../../shared/assert/never.ts';
import type { OwnershipMap, Targets } from '../../../shared/kube/documents.ts';
import type { SlotRange } from '../../../shared/slots/ranges.ts';
import { generationOf, sameSession, type Ledger, type Session } from './ledger.ts';
import { changeMap } from './map-change.ts';
import type { MoveEnvelope } from './messages.ts';
import { cancelUnwanted, copyAnew, forgetLostOrders, forgetOutgoing, forgetSettled, isClose, onChunkRead, onReleaseCommitted, onTargetSays, releaseEmptied, sourceTick, type ChunkRead } from './source.ts';
import { newMoverState, readMap, setLedger, type MoverEffect, type MoverOptions, type MoverState } from './state.ts';
import { forgetOpened, onAbandon, onChunk, onFlushed, onOpen, onRelease, targetTick, toClose } from './target.ts';

export type MoverEvent =
  | { readonly type: 'tick' }
  /** This node leads its shard and serves, having read the map (P9). `emptied`: the shard began with nothing. */
  | { readonly type: 'lead'; readonly epoch: number; readonly ledger: Ledger; readonly emptied: boolean; readonly seq: number }
  | { readonly type: 'stop' }
  | { readonly type: 'committed'; readonly seq: number }
  /** Seen anywhere. */
  | { readonly type: 'map'; readonly map: OwnershipMap }
  | { readonly type: 'targets'; readonly targets: Targets }
  | { readonly type: 'map-read'; readonly request: number; readonly map: OwnershipMap; readonly resourceVersion: string }
  | { readonly type: 'map-failed'; readonly request: number }
  | { readonly type: 'map-written'; readonly request: number; readonly outcome: 'ok'; readonly map: OwnershipMap }
  | { readonly type: 'map-written'; readonly request: number; readonly outcome: 'conflict' | 'unknown' }
  | { readonly type: 'message'; readonly envelope: MoveEnvelope }
  | ({ readonly type: 'chunk-read'; readonly id: string; readonly session: Session } & ChunkRead)
  /** Everything was deleted by a command. */
  | { readonly type: 'flushed' };

const casRetryMs = 500;

/**
 * Moves of slots, as the primary of one shard makes them, as source and as target (B9): `step(event, now) → effects`, with the shard's own store and log at hand.
 *
 *   source   open ─ready→ copy (scan, then changes) ─close→ order (map) ─read→ pause · seal ─all taken→ `released` in the log ─committed→ tell ─opened→ delete
 *   target   stage in the log ─── take chunks into the log ──────────────────────────────────────────────────────────── `opened` in the log → serve → close (map)
 */
export function createMover(options: MoverOptions) {
  const s = newMoverState(options);
  return {
    step(event: MoverEvent, now: number): readonly MoverEffect[] {
      s.out = [];
      handle(s, event, now);
      return s.out;
    },
    /** What counts for who serves a slot: releases once they are committed, openings at once (replies wait for the commit). */
    shownLedger: (): Ledger => shownLedger(s),
    /** Whether a part that was asked for (`next-chunk`) is still to be read: a copy that has begun again since has another session, and would lose what is read for the old one. */
    wants({ id, session }: { readonly id: string; readonly session: Session }): boolean {
      const one = s.outgoing.get(id);
      return one !== undefined && sameSession(one.session, session);
    },
    state: s as Readonly<MoverState>,
  };
}

function handle(s: MoverState, event: MoverEvent, now: number): void {
  switch (event.type) {
    case 'lead':
      return lead(s, event, now);
    case 'stop':
      s.leading = false;
      forgetOutgoing(s);
      return resetVolatile(s);
    case 'map':
      return takeMap(s, event.map, now);
    case 'targets':
      if (s.targets === undefined || event.targets.generation > s.targets.generation) s.targets = event.targets;
      if (s.leading) cancelUnwanted(s);
      return undefined;
    case 'committed':
      return onCommitted(s, event.seq, now);
    case 'tick':
      return tick(s, now);
    case 'map-read':
      return onMapRead(s, event.request, event.map, event.resourceVersion, now);
    case 'map-failed':
      if (s.read?.request === event.request) s.read = undefined;
      return undefined;
    case 'map-written':
      return onMapWritten(s, event, now);
    case 'message':
      return s.leading ? onMessage(s, event.envelope, now) : undefined;
    case 'chunk-read':
      return s.leading ? onChunkRead(s, event.id, event.session, event, now) : undefined;
    case 'flushed':
      if (!s.leading) return undefined;
      copyAnew(s, now);
      return onFlushed(s);
    default:
      return assertNever(event, 'mover event');
  }
}

function shownLedger(s: MoverState): Ledger {
  const { bugs } = s.options;
  const ordered = (id: string): number => (bugs.serveOnOrder && s.map?.moves.some((move) => move.id === id) === true ? Infinity : 0);
  // What an emptied shard gives away it has never served: that counts before it is committed.
  const released = s.ledger.released.filter((one) => one.session === undefined || s.committed.released.some(({ id }) => id === one.id));
  return { ...s.ledger, released: bugs.releaseForgotten ? [] : released, staged: s.ledger.staged.map((one) => (one.opened > 0 ? one : { ...one, opened: ordered(one.id) })) };
}

function resetVolatile(s: MoverState): void {
  s.outgoing.clear();
  s.incoming.clear();
  s.waiting.length = 0;
  s.unsettled.length = 0;
  s.doubts.clear();
  s.cas = undefined;
  s.read = undefined;
}

function lead(s: MoverState, event: Extract<MoverEvent, { type: 'lead' }>, now: number): void {
  resetVolatile(s);
  s.leading = true;
  s.epoch = event.epoch;
  s.ledger = event.ledger;
  s.committed = event.ledger;
  s.committedSeq = event.seq;
  s.loggedSeq = event.seq;
  s.ledAtMs = now;
  s.lastTickMs = now;
  s.lastReleaseMs = -Infinity;
  if (event.emptied && !s.options.bugs.emptiedSourceServes) releaseEmptied(s);
}

function takeMap(s: MoverState, map: OwnershipMap, now: number): void {
  if (s.map !== undefined && map.version <= s.map.version) return;
  s.map = map;
  s.mapChangedMs = now;
  s.out.push({ type: 'served', left: undefined });
  if (!s.leading) return;
  for (const one of s.outgoing.values()) if (map.moves.some(({ id }) => id === one.move.id)) noteOrdered(s, one.move.id);
  if (!s.options.bugs.conflictTakenAsOrder && !s.options.bugs.releaseBeforeOrder) forgetLostOrders(s);
  forgetSettled(s);
  forgetOpened(s);
}

function noteOrdered(s: MoverState, id: string): void {
  const one = s.outgoing.get(id);
  if (one === undefined || one.generation > 0) return;
  one.generation = generationOf(s.map, one.move.from);
  if (one.phase === 'ordering') one.phase = 'copying';
}

function onCommitted(s: MoverState, seq: number, now: number): void {
  if (!s.leading || seq <= s.committedSeq) return;
  s.committedSeq = seq;
  while (s.unsettled.length > 0 && s.unsettled[0].seq <= seq) s.committed = (s.unsettled.shift() as MoverState['unsettled'][number]).ledger;
  while (s.waiting.length > 0 && s.waiting[0].seq <= seq) {
    const { toShard, message } = s.waiting.shift() as MoverState['waiting'][number];
    s.out.push({ type: 'send', toShard, message });
  }
  onReleaseCommitted(s, now);
}

function tick(s: MoverState, now: number): void {
  if (!s.leading) return;
  const elapsedMs = now - s.lastTickMs;
  s.lastTickMs = now;
  sourceTick(s, now, elapsedMs);
  targetTick(s, now);
  deleteSome(s);
  forgetSettled(s);
  forgetOpened(s);
  orderTick(s, now);
}

/** Deletes what has left or is not wanted, in slices; the log says when a range is empty. */
function deleteSome(s: MoverState): void {
  const { store, bugs } = s.options;
  const early = bugs.dropBeforeOpened ? [...s.outgoing.values()].filter((one) => one.generation > 0).map((one) => one.move) : [];
  for (const span of early) store.drop(span);
  const leaving = s.ledger.released.filter((one) => one.state === 'dropping');
  for (const one of leaving) {
    if (!store.drop(one)) return;
    setLedger(s, { released: s.ledger.released.map((other) => (other.id === one.id ? { ...other, state: 'dropped' } : other)) });
  }
  for (const span of s.ledger.dropping) {
    if (!store.drop(span)) return;
    setLedger(s, { dropping: s.ledger.dropping.filter((other: SlotRange) => other !== span) });
  }
}

// ------------------------------------------------------------------ the map

/** One change of the map for all that is ready: orders of this source, and what it serves as a target already. */
function orderTick(s: MoverState, now: number): void {
  if (s.cas !== undefined) {
    if (s.read === undefined && now - s.cas.atMs > casRetryMs) {
      s.cas.atMs = now;
      readMap(s, now);
    }
    return;
  }
  const orders = [...s.outgoing.values()].filter((one) => one.generation === 0 && isClose(s, one));
  const closes = toClose(s);
  if (orders.length === 0 && closes.length === 0) return;
  // Whoever changed the map last, the next change waits: so all nodes of the region together keep to the rate.
  const gapMs = s.options.limits.betweenOrdersMs;
  if (now < Math.max(s.mapChangedMs + gapMs, s.notBeforeMs)) return;
  s.notBeforeMs = now + gapMs * (1 + s.options.jitter() * 0.2);
  for (const one of orders) one.phase = 'ordering';
  s.cas = { orders: orders.map((one) => one.move.id), base: undefined, wanted: undefined, atMs: now };
  s.read = undefined;
  readMap(s, now);
}

function onMapRead(s: MoverState, request: number, map: OwnershipMap, resourceVersion: string, now: number): void {
  if (s.read?.request !== request) return;
  s.read = undefined;
  s.lastReadAnswered = request;
  takeMap(s, map, now);
  const { cas } = s;
  if (cas === undefined || !s.leading) return;
  if (cas.base === resourceVersion && cas.wanted !== undefined) {
    // P11: not settled; the same change again, only one of the two can succeed.
    s.out.push({ type: 'write-map', request: ++s.requests, map: cas.wanted, resourceVersion });
    return;
  }
  if (cas.base !== undefined) return settle(s);
  const orders = cas.orders.flatMap((id) => s.outgoing.get(id)?.move ?? []);
  const wanted = changeMap(map, orders, toClose(s));
  if (wanted === undefined) return settle(s);
  Object.assign(cas, { base: resourceVersion, wanted, atMs: now });
  s.out.push({ type: 'write-map', request: ++s.requests, map: wanted, resourceVersion });
}

/** The change is over, won or lost: what the map shows by now is ordered, the rest goes on copying. */
function settle(s: MoverState): void {
  for (const id of s.cas?.orders ?? []) {
    const one = s.outgoing.get(id);
    if (one?.phase === 'ordering') one.phase = 'copying';
  }
  s.cas = undefined;
}

function onMapWritten(s: MoverState, event: Extract<MoverEvent, { type: 'map-written' }>, now: number): void {
  if (event.outcome === 'ok') {
    takeMap(s, event.map, now);
    return settle(s);
  }
  if (s.cas === undefined) return undefined;
  if (s.options.bugs.conflictTakenAsOrder) {
    for (const id of s.cas.orders) {
      const one = s.outgoing.get(id);
      if (one !== undefined) one.generation = generationOf(s.map, one.move.from) + 1;
    }
    return settle(s);
  }
  s.cas.atMs = now;
  readMap(s, now);
  return undefined;
}

// ------------------------------------------------------------------ messages

function onMessage(s: MoverState, { fromShard, message }: MoveEnvelope, now: number): void {
  switch (message.type) {
    case 'open':
      if (message.move.source === fromShard && message.move.target === s.options.shard) onOpen(s, message.move, message.session, now);
      return;
    case 'chunk':
      return onChunk(s, fromShard, message, now);
    case 'release':
      if (message.move.source === fromShard && message.move.target === s.options.shard) onRelease(s, message, now);
      return;
    case 'abandon':
      return onAbandon(s, message.id, message.session);
    case 'ready':
    case 'refuse':
    case 'taken':
    case 'lost':
    case 'opened':
    case 'still':
      return onTargetSays(s, message, fromShard, now);
    default:
      assertNever(message, 'move message');
  }
}
