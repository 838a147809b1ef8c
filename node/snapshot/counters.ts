import type { RefusalReason } from './format.ts';

/** Since the node started; for metrics. */
export interface SnapshotCounters {
  written: number;
  failed: number;
  loaded: number;
  /** What was on the volume and not loaded, by reason. */
  readonly refused: Partial<Record<RefusalReason, number>>;
}

export const newSnapshotCounters = (): SnapshotCounters => ({ written: 0, failed: 0, loaded: 0, refused: {} });

export function countRefusal(counters: SnapshotCounters, reason: RefusalReason): void {
  counters.refused[reason] = (counters.refused[reason] ?? 0) + 1;
}
