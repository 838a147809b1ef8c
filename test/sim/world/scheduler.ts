import type { Ports, TimerHandle } from '../../../shared/ports/ports.ts';
import { createRng, type Rng } from './rng.ts';

/**
 * Virtual time: one queue of things to do, ordered by (due time, order of arrival). Nothing runs but what the queue holds, so one seed is one
 * run. Every effect is folded into `traceHash`: the same seed must give the same hash.
 */
interface Due {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
  cancelled: boolean;
}

/** A node's own view of time: its wall clock may be bumped, its monotonic clock may run fast or slow within ρ. */
export interface SkewedClock {
  /** Added to the wall clock, milliseconds. */
  wallOffsetMs: number;
  /** Real time × rate = monotonic time. */
  rate: number;
}

export function createScheduler(seed: number) {
  const heap: Due[] = [];
  const rng = createRng(seed);
  let nowMs = 1_000;
  let order = 0;
  let hash = 0x811c9dc5;
  let steps = 0;

  const before = (a: Due, b: Due): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
  const push = (due: Due): void => {
    let child = heap.push(due) - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!before(heap[child], heap[parent])) break;
      [heap[child], heap[parent]] = [heap[parent], heap[child]];
      child = parent;
    }
  };
  const pop = (): Due | undefined => {
    const top = heap[0];
    const last = heap.pop();
    if (heap.length === 0 || last === undefined) return top;
    heap[0] = last;
    for (let parent = 0; ; ) {
      const left = 2 * parent + 1;
      const smaller = left + 1 < heap.length && before(heap[left + 1], heap[left]) ? left + 1 : left;
      if (smaller >= heap.length || !before(heap[smaller], heap[parent])) break;
      [heap[smaller], heap[parent]] = [heap[parent], heap[smaller]];
      parent = smaller;
    }
    return top;
  };

  const at = (atMs: number, run: () => void): Due => {
    const due = { atMs: Math.max(atMs, nowMs), order: order++, run, cancelled: false };
    push(due);
    return due;
  };

  /** Folds a line into the trace hash (FNV-1a); the line itself is kept only when a trace was asked for. */
  const note = (line: string): void => {
    for (let i = 0; i < line.length; i++) hash = Math.imul(hash ^ line.charCodeAt(i), 0x01000193);
    hash = Math.imul(hash ^ 10, 0x01000193);
  };

  /** Runs what is due next; false when nothing is before virtual time passes `untilMs`. */
  const runNext = (untilMs: number): boolean => {
    while (heap.length > 0 && heap[0].atMs <= untilMs) {
      const due = pop() as Due;
      if (due.cancelled) continue;
      nowMs = due.atMs;
      steps += 1;
      due.run();
      return true;
    }
    nowMs = Math.max(nowMs, untilMs);
    return false;
  };

  /** Runs until the queue is empty or virtual time passes `untilMs`. */
  const runUntil = (untilMs: number): void => {
    while (runNext(untilMs));
  };

  /** Ports for one process of the simulation. `alive` ends its timers with it: a killed process runs nothing more. */
  const portsFor = (alive: () => boolean, clock: SkewedClock = { wallOffsetMs: 0, rate: 1 }, random: Rng = rng): Ports => {
    const toReal = (delayMs: number): number => Math.max(0, delayMs) / clock.rate;
    const guarded = (run: () => void) => (): void => {
      if (alive()) run();
    };
    return {
      clock: { wallMs: () => Math.floor(1_700_000_000_000 + nowMs + clock.wallOffsetMs), monotonicMs: () => nowMs * clock.rate },
      timers: {
        after: (delayMs, run) => at(nowMs + toReal(delayMs), guarded(run)),
        every(periodMs, run) {
          const handle: { current?: Due; cancelled: boolean } = { cancelled: false };
          const arm = (): void => {
            handle.current = at(nowMs + toReal(periodMs), () => {
              if (handle.cancelled || !alive()) return;
              run();
              if (!handle.cancelled) arm();
            });
          };
          arm();
          return handle;
        },
        cancel(handle: TimerHandle | undefined) {
          if (handle === undefined) return;
          const timer = handle as { cancelled: boolean };
          timer.cancelled = true;
        },
        soon: (run) => void at(nowMs, guarded(run)),
      },
      random: {
        bytes: (length) => Uint8Array.from({ length }, () => random.below(256)),
        unit: () => random.unit(),
      },
    };
  };

  return { at, note, runNext, runUntil, portsFor, rng, nowMs: () => nowMs, traceHash: () => (hash >>> 0).toString(16).padStart(8, '0'), steps: () => steps };
}

export type Scheduler = ReturnType<typeof createScheduler>;
