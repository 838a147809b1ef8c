import type { OwnershipMap } from '../../../shared/kube/documents.ts';
import { slotCount } from '../../../shared/slots/crc16.ts';
import type { SlotRange } from '../../../shared/slots/ranges.ts';

/** One copying of a move's slots by one primary of the source: a later one is another session, whose epoch is higher. */
export interface Session {
  readonly epoch: number;
  readonly count: number;
}

export const sameSession = (a: Session, b: Session): boolean => a.epoch === b.epoch && a.count === b.count;
export const isOlderSession = (a: Session, b: Session): boolean => a.epoch < b.epoch || (a.epoch === b.epoch && a.count < b.count);

/** Slots that this shard has given away: it serves them no more, whatever the map says (B9). */
export interface Released extends SlotRange {
  readonly id: string;
  readonly target: number;
  /** Of the slots in the map once they belong to the target. */
  readonly generation: number;
  /** The session that carried everything over; absent: there was nothing left to carry (all copies of the source were gone). */
  readonly session?: Session;
  /** sent: the target may not know yet · dropping: it serves, what is here is deleted · dropped. */
  readonly state: 'sent' | 'dropping' | 'dropped';
}

/** Slots that another shard copies here. */
export interface Staged extends SlotRange {
  readonly id: string;
  readonly source: number;
  readonly session: Session;
  /** 0: staging, served by the source. Else released to this shard, under this generation. */
  readonly opened: number;
}

/** What every copy of a shard knows of its moves: part of the shard's replicated stream, written anew as a whole with each change. */
export interface Ledger {
  readonly released: readonly Released[];
  readonly staged: readonly Staged[];
  /** What lies there belongs to no move any more and is being deleted. */
  readonly dropping: readonly SlotRange[];
}

export const emptyLedger: Ledger = { released: [], staged: [], dropping: [] };

export const overlaps = (a: SlotRange, b: SlotRange): boolean => a.from <= b.to && b.from <= a.to;

/** Generation of a slot in the map (V1); 0 where the map does not know it. */
export const generationOf = (map: OwnershipMap | undefined, slot: number): number => map?.ranges.find(({ from, to }) => from <= slot && slot <= to)?.generation ?? 0;

/** The map knows of this ownership or of a later one, and of no move that still leads to it. */
export const isSettled = (map: OwnershipMap | undefined, id: string, slot: number, generation: number): boolean => generationOf(map, slot) >= generation && map?.moves.some((move) => move.id === id) !== true;

/**
 * Who serves each slot, as a copy of `shard` knows it: the map's owner, but the source while a move is ordered and not released. What this shard's own log says of a release
 * counts before the map does, unless the map is of a later generation. Without a ledger (a process that has not taken part in its shard's log) ordered moves away from here count as released. −1: nobody.
 */
export function servingShards(map: OwnershipMap | undefined, ledger: Ledger | undefined, shard: number): Int16Array {
  const owners = new Int16Array(slotCount).fill(-1);
  for (const range of map?.ranges ?? []) owners.fill(range.shard, range.from, range.to + 1);
  for (const move of map?.moves ?? []) if (ledger !== undefined || move.source !== shard) owners.fill(move.source, move.from, move.to + 1);
  for (const { from, to, target, generation } of ledger?.released ?? []) fillUpTo(owners, map, { from, to }, target, generation);
  for (const { from, to, opened } of ledger?.staged ?? []) if (opened > 0) fillUpTo(owners, map, { from, to }, shard, opened);
  return owners;
}

function fillUpTo(owners: Int16Array, map: OwnershipMap | undefined, span: SlotRange, shard: number, generation: number): void {
  for (const range of map?.ranges ?? []) if (range.generation <= generation && overlaps(range, span)) owners.fill(shard, Math.max(range.from, span.from), Math.min(range.to, span.to) + 1);
}

/** Throws what JSON and a shape that makes no sense throw: a ledger comes from this shard's own log. */
export function parseLedger(text: string): Ledger {
  const { released, staged, dropping } = JSON.parse(text) as Partial<Ledger>;
  if (!Array.isArray(released) || !Array.isArray(staged) || !Array.isArray(dropping)) throw new RangeError('a ledger of moves lacks a list');
  return { released, staged, dropping };
}
