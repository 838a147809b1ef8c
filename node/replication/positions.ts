/**
 * Where a log stands (P6). `seq` counts units (one command or one EXEC each, P8) and goes on over epochs; `epoch` is the one in which the
 * unit was written. Two logs agree up to a seq exactly when the unit there has the same epoch in both.
 */
export interface Position {
  readonly epoch: number;
  readonly seq: number;
}

export const origin: Position = { epoch: 0, seq: 0 };

export const samePosition = (a: Position, b: Position): boolean => a.epoch === b.epoch && a.seq === b.seq;

/** Start of an epoch in a log: its first unit has this seq. */
export interface EpochStart {
  readonly epoch: number;
  readonly firstSeq: number;
}

/** Epochs of a log in ascending order; an epoch that wrote nothing has no entry. Kept to `maxEpochStarts`: older positions are simply unknown. */
export type Lineage = readonly EpochStart[];

const maxEpochStarts = 64;

export function withUnitOf(lineage: Lineage, epoch: number, seq: number): Lineage {
  if (lineage.length > 0 && lineage[lineage.length - 1].epoch === epoch) return lineage;
  return [...lineage, { epoch, firstSeq: seq }].slice(-maxEpochStarts);
}

/** Epoch of the unit `seq` in a log that ends at `last`; undefined when the lineage does not reach back so far, or the log does not reach so far. */
export function epochOfSeq(lineage: Lineage, last: Position, seq: number): number | undefined {
  if (seq === 0) return 0;
  if (seq > last.seq) return undefined;
  for (let i = lineage.length - 1; i >= 0; i--) if (lineage[i].firstSeq <= seq) return lineage[i].epoch;
  return undefined;
}

/** True when a log that ends at `position` is a prefix of the log (lineage, last). */
export function isPrefix(position: Position, lineage: Lineage, last: Position): boolean {
  return epochOfSeq(lineage, last, position.seq) === position.epoch;
}

/** The log's own last position once everything after `seq` is cut off. */
export function lineageUpTo(lineage: Lineage, seq: number): Lineage {
  return lineage.filter((start) => start.firstSeq <= seq);
}

/** Last seq up to which two logs hold the same units: the newest epoch that both have decides. */
export function commonPrefix(a: Lineage, aLast: Position, b: Lineage, bLast: Position): number {
  const lastOf = (lineage: Lineage, last: Position, i: number): number => (i + 1 < lineage.length ? lineage[i + 1].firstSeq - 1 : last.seq);
  for (let i = a.length - 1; i >= 0; i--) {
    const j = b.findIndex((start) => start.epoch === a[i].epoch);
    if (j >= 0) return Math.min(lastOf(a, aLast, i), lastOf(b, bLast, j));
  }
  return 0;
}
