import type { Ports, TimerHandle } from '../../shared/ports/ports.ts';

export interface ManualPorts extends Ports {
  /** Lets time pass: due timers run in order, and what they set in motion settles between them. */
  advance(ms: number): Promise<void>;
  readonly pending: number;
}

/** Time that stands still until a test moves it; randomness is always one half. */
export function manualPorts(wallOriginMs = Date.UTC(2026, 0, 1)): ManualPorts {
  let nowMs = 0;
  let order = 0;
  let seed = 1;
  /** Always the same bytes, and no sixteen of them twice: UIDs are made of them, and garbage collection goes by UIDs. */
  const byte = (): number => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) >>> 24;
  const timers = new Map<number, { dueMs: number; everyMs?: number; run: () => void }>();
  const add = (timer: { dueMs: number; everyMs?: number; run: () => void }): TimerHandle => {
    timers.set(++order, timer);
    return order;
  };
  const firstDue = (untilMs: number): number | undefined => {
    let best: number | undefined;
    for (const [id, timer] of timers) if (timer.dueMs <= untilMs && (best === undefined || timer.dueMs < timers.get(best)!.dueMs)) best = id;
    return best;
  };
  return {
    clock: { wallMs: () => wallOriginMs + nowMs, monotonicMs: () => nowMs },
    timers: {
      after: (delayMs, run) => add({ dueMs: nowMs + delayMs, run }),
      every: (periodMs, run) => add({ dueMs: nowMs + periodMs, everyMs: periodMs, run }),
      cancel: (handle) => void timers.delete(handle as number),
      soon: (run) => void add({ dueMs: nowMs, run }),
    },
    random: {
      unit: () => 0.5,
      bytes: (length) => Uint8Array.from({ length }, byte),
    },
    get pending() {
      return timers.size;
    },
    async advance(ms) {
      const untilMs = nowMs + ms;
      await settle();
      for (let id = firstDue(untilMs); id !== undefined; id = firstDue(untilMs)) {
        const timer = timers.get(id)!;
        nowMs = Math.max(nowMs, timer.dueMs);
        if (timer.everyMs === undefined) timers.delete(id);
        else timer.dueMs += timer.everyMs;
        timer.run();
        await settle();
      }
      nowMs = untilMs;
    },
  };
}

/** Lets every promise that can settle now do so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
