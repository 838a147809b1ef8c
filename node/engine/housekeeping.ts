import type { Parts } from './collections/parts.ts';
import type { Compactor } from './compaction.ts';
import type { ExpiryWheel } from './expiry-wheel.ts';
import type { SegmentLog } from './log.ts';
import type { MemoryBudget } from './memory-budget.ts';
import type { SlotIndex } from './slot-index.ts';

/** What housekeeping needs of the store. */
export interface KeptStore {
  readonly log: SegmentLog;
  readonly index: SlotIndex;
  readonly parts: Parts;
  readonly attachments: { giveBack(): boolean } | undefined;
  readonly wheel: ExpiryWheel;
  readonly compactor: Compactor;
  readonly budget: MemoryBudget;
  readonly expiringKeys: number;
  readonly expiryPaused: boolean;
  settleCell(nowMs: number): void;
  adoptSome(count: number): boolean;
  evictSome(count: number): boolean;
  sweepSome(count: number): boolean;
  readonly namespaces: { readonly unsettled: boolean; settleSome(count: number): boolean } | undefined;
}

/** A cell of the wheel costs a look-up, sometimes a deletion. */
const workPerCell = 4;
/** A policy that looks at several entries takes tens of microseconds for a victim. */
const workPerEviction = 64;
/** Handing an entry to a policy: its key is hashed, queues and counters are far away. */
const workPerAdoption = 8;
/** Compaction counts units of 8 bytes; of small records each costs more than its bytes. */
const unitsPerWork = 8;
/** A flushed namespace is no hurry: about a tenth of a millisecond at once. */
const mostSweeping = 600;
/** Dead share of the log that idle time removes. */
const tolerableDeadShare = 0.08;
/** Cells per expiring key above which those that no longer hold are looked for. */
const cellsPerKey = 2;
const tolerableCells = 4096;
/** Free memory that is kept for what comes next, beside an eighth of what is in use. */
const keptFreeBytes = 16 * 1024 * 1024;

/**
 * A bounded slice of what need not happen within a command: expiry, freeing of large collections, compaction, giving memory back. One unit of work is about a tenth of a
 * microsecond to a quarter. Returns whether there is more to do now.
 */
export function housekeep(store: KeptStore, nowMs: number, work: number): boolean {
  store.budget.measure();
  const afterExpiry = store.expiryPaused ? work : expire(store, nowMs, work);
  const afterFreeing = store.parts.freeSome(afterExpiry);
  const compacting = afterFreeing > 0 && compact(store, afterFreeing);
  const gaveBack = !compacting && giveBack(store);
  const sweeping = afterFreeing > 0 && store.sweepSome(Math.min(afterFreeing, mostSweeping));
  const settling = afterFreeing > 0 && store.namespaces !== undefined && store.namespaces.unsettled && store.namespaces.settleSome(afterFreeing);
  const evicting = afterFreeing > 0 && store.evictSome(Math.ceil(afterFreeing / workPerEviction));
  const adopting = afterFreeing > 0 && store.adoptSome(Math.ceil(afterFreeing / workPerAdoption));
  return afterFreeing <= 0 || sweeping || settling || evicting || adopting || compacting || gaveBack || (store.wheel.hasPending && !store.expiryPaused);
}

/** Deletes what is due; returns the work left over. */
function expire(store: KeptStore, nowMs: number, work: number): number {
  const { wheel } = store;
  wheel.advance(nowMs);
  let left = work;
  while (left > 0 && wheel.take()) {
    store.settleCell(nowMs);
    left -= workPerCell;
  }
  if (!wheel.hasPending && wheel.cells > store.expiringKeys * cellsPerKey + tolerableCells) wheel.bringUpAll();
  return left;
}

/** Returns whether there is more to compact. */
function compact(store: KeptStore, work: number): boolean {
  const { log, compactor } = store;
  const used = log.usedSegments * log.segmentUnits;
  const dead = used - log.liveUnits;
  if (!compactor.busy && (dead <= used * tolerableDeadShare || dead <= log.segmentUnits * 2)) return false;
  return compactor.step(work * unitsPerWork, log.segmentUnits >>> 4) === 0;
}

function giveBack(store: KeptStore): boolean {
  const { log, parts, index } = store;
  if (parts.slab.giveBack() || index.slab.giveBack() || store.attachments?.giveBack() === true) return true;
  return log.giveBack(Math.ceil((keptFreeBytes + log.usedSegments * log.segmentBytes * 0.125) / log.segmentBytes));
}
