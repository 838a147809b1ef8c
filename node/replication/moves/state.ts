import type { OwnershipMap, Targets } from '../../../shared/kube/documents.ts';
import type { SlotRange } from '../../../shared/slots/ranges.ts';
import { emptyLedger, overlaps, type Ledger, type Session, type Staged } from './ledger.ts';
import type { BatchLimits, MapMove } from './map-change.ts';
import type { MoveMessage } from './messages.ts';
import type { MoveBugs } from './planted-bugs.ts';

/** The shard's store and log as moves use them; carried out at once, in the turn of the step. */
export interface MoverStore {
  /** Writes the ledger into the shard's log; its seq. */
  log(ledger: Ledger): number;
  bytesOfSlot(slot: number): number;
  /** Nothing lies in these slots. */
  isClean(span: SlotRange): boolean;
  /** Deletes some of what lies there, and says so in the log; true when nothing is left. */
  drop(span: SlotRange): boolean;
  /** Executes and logs a chunk; its seq. */
  take(bytes: Uint8Array): number | 'full';
  /** Begins to copy these slots out: from now on changes behind the scan are remembered. Returns about how many bytes there are. */
  startCopy(id: string, span: SlotRange): number;
  /** Changed keys that have not been sent again. */
  changesOf(id: string): number;
  stopCopy(id: string): void;
  /** These bytes of a chunk are not needed any more. */
  recycle?(bytes: Uint8Array): void;
}

export interface MoverOptions {
  readonly shard: number;
  readonly store: MoverStore;
  /** Never used before, by anybody. */
  readonly newId: () => string;
  /** Uniform in [0, 1). */
  readonly jitter: () => number;
  readonly limits: BatchLimits & MoverLimits;
  readonly bugs: MoveBugs;
}

interface MoverLimits {
  /** Moves under way from one shard, and their bytes. */
  readonly mostMoves: number;
  readonly mostBytes: number;
  /** Chunks on their way. */
  readonly window: number;
  /** Changed keys that go with a pause (absent: none): above it they are sent before. */
  readonly fewChanges?: number;
  /** Bytes of chunks that may be on their way at once, over all copies; one more chunk may go over it. What a pause waits for is not held up. Absent: no bound but the window. */
  readonly mostUnderWayBytes?: number;
  /** A pause that takes longer is given up, and tried again later. */
  readonly mostPauseMs: number;
  /** Between two changes of the map, whoever makes them: two a second and region. */
  readonly betweenOrdersMs: number;
}

export const standardLimits: MoverOptions['limits'] = { leastSlots: 64, mostSlots: 1024, batchBytes: 48 * 1024 * 1024, mostMoves: 8, mostBytes: 256 * 1024 * 1024, window: 16, fewChanges: 32, mostPauseMs: 400, betweenOrdersMs: 500 };

export interface Chunk {
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly final: boolean;
}

/** A move on its way out. opening → copying → (ordering →) paused → releasing; then the ledger has it. */
export interface Outgoing {
  readonly move: MapMove;
  readonly session: Session;
  phase: 'opening' | 'copying' | 'ordering' | 'paused' | 'releasing';
  /** Of the slots, once the map has the order; 0: not ordered. */
  generation: number;
  /** A chunk was asked for and has not come. */
  asked: boolean;
  scanned: boolean;
  next: number;
  acked: number;
  readonly underWay: Chunk[];
  /** The chunk that is sent next: below `next` while chunks are sent again, after a time without an answer. */
  again: number;
  /** So long without an answer a chunk is taken for lost; doubles each time. */
  patienceMs: number;
  sealed: boolean;
  /** When its first part was asked for. */
  beganMs: number;
  pausedAtMs: number;
  /** Within the pause: the last part was sent; every copy of the target had it. */
  sealedAtMs: number;
  takenAtMs: number;
  /** Ordered, and close enough for a pause, since then. */
  closeSinceMs: number;
  /** Not paused again before this. */
  notBeforeMs: number;
  /** Of the `released` record. */
  seq: number;
  lastMs: number;
  bytesTotal: number;
  bytesSent: number;
  keysSent: number;
  waitsFor: string | undefined;
}

/** What the target's primary remembers of a staging beside the ledger: a later primary learns it anew. */
export interface Incoming {
  next: number;
  /** Acknowledged as committed. */
  final: boolean;
  heardMs: number;
  keysTaken: number;
  bytesTaken: number;
}

export interface MapCas {
  readonly orders: readonly string[];
  base: string | undefined;
  wanted: OwnershipMap | undefined;
  atMs: number;
}

/** Sent once `seq` is committed. */
interface Waiting {
  readonly seq: number;
  readonly toShard: number;
  readonly message: MoveMessage;
}

export type MoverEffect =
  | { readonly type: 'send'; readonly toShard: number; readonly message: MoveMessage }
  /** Read the next part of this copy: changes first, then the scan. `seal`: until nothing is left. */
  | { readonly type: 'next-chunk'; readonly id: string; readonly session: Session; readonly seal: boolean }
  | { readonly type: 'read-map'; readonly request: number }
  | { readonly type: 'write-map'; readonly request: number; readonly map: OwnershipMap; readonly resourceVersion: string }
  /** Writes of these slots wait (source). */
  | { readonly type: 'pause'; readonly span: SlotRange }
  /** All commands for these slots wait a while instead of being sent away (target). */
  | { readonly type: 'park'; readonly span: SlotRange }
  | { readonly type: 'resume'; readonly span: SlotRange }
  /** Who serves what has changed. `left`: these slots are not served here any more. */
  | { readonly type: 'served'; readonly left: SlotRange | undefined }
  | { readonly type: 'report'; readonly what: string; readonly move: MapMove; readonly details?: Readonly<Record<string, unknown>> };

export interface MoverState {
  readonly options: MoverOptions;
  leading: boolean;
  epoch: number;
  sessions: number;
  /** As written, not only as committed. */
  ledger: Ledger;
  /** As committed. */
  committed: Ledger;
  readonly unsettled: { readonly seq: number; readonly ledger: Ledger }[];
  committedSeq: number;
  /** Newest unit that a move has written. */
  loggedSeq: number;
  map: OwnershipMap | undefined;
  mapChangedMs: number;
  targets: Targets | undefined;
  readonly outgoing: Map<string, Outgoing>;
  /** Bytes that may go to each target now. */
  readonly credit: Map<number, number>;
  readonly incoming: Map<string, Incoming>;
  readonly waiting: Waiting[];
  cas: MapCas | undefined;
  read: { readonly request: number; readonly atMs: number } | undefined;
  requests: number;
  notBeforeMs: number;
  /** Releases of moves that the map did not show: since which request it is read again. */
  readonly doubts: Map<string, number>;
  lastReadAnswered: number;
  lastTickMs: number;
  ledAtMs: number;
  lastStillMs: number;
  lastReleaseMs: number;
  out: MoverEffect[];
}

export const newMoverState = (options: MoverOptions): MoverState => ({
  options, leading: false, epoch: 0, sessions: 0, ledger: emptyLedger, committed: emptyLedger, unsettled: [], committedSeq: 0, loggedSeq: 0, map: undefined, mapChangedMs: -Infinity, targets: undefined, outgoing: new Map(), credit: new Map(), incoming: new Map(),
  waiting: [], cas: undefined, read: undefined, requests: 0, notBeforeMs: -Infinity, doubts: new Map(), lastReadAnswered: 0, lastTickMs: -Infinity, ledAtMs: -Infinity, lastStillMs: -Infinity, lastReleaseMs: -Infinity, out: [],
});

export const send = (s: MoverState, toShard: number, message: MoveMessage): void => void s.out.push({ type: 'send', toShard, message });
/** Once everything that moves have logged so far is committed. */
export const sendCommitted = (s: MoverState, toShard: number, message: MoveMessage): void => {
  if (s.loggedSeq <= s.committedSeq || s.options.bugs.stagingNotReplicated) send(s, toShard, message);
  else s.waiting.push({ seq: s.loggedSeq, toShard, message });
};

/** Writes the change into the log; who serves what follows from it at once, and replies from then on wait for its commit (P7). */
export function setLedger(s: MoverState, change: Partial<Ledger>): number {
  s.ledger = { ...s.ledger, ...change };
  const seq = s.options.store.log(s.ledger);
  s.unsettled.push({ seq, ledger: s.ledger });
  s.loggedSeq = seq;
  return seq;
}

export const without = <T extends { readonly id: string }>(list: readonly T[], id: string): readonly T[] => list.filter((one) => one.id !== id);
export const stagedOf = (s: MoverState, id: string): Staged | undefined => s.ledger.staged.find((one) => one.id === id);

/** Something of a move, or data to be deleted, is still in these slots. */
export function isOccupied(s: MoverState, span: SlotRange): boolean {
  const { released, staged, dropping } = s.ledger;
  return [...released, ...staged, ...dropping].some((one) => overlaps(one, span));
}

/** Asks for the map unless a request for it is under way. */
export function readMap(s: MoverState, now: number): number {
  if (s.read !== undefined && now - s.read.atMs < readTimeoutMs) return s.read.request;
  s.read = { request: ++s.requests, atMs: now };
  s.out.push({ type: 'read-map', request: s.read.request });
  return s.read.request;
}

const readTimeoutMs = 6_000;
