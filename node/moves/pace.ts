import type { Ports, TimerHandle } from '../../shared/ports/ports.ts';
import { largeChunk, type ChunkBounds } from './copy-out.ts';

/**
 * Copying must not hold clients up: where there are some, it goes in parts that take well below a millisecond, each in a turn of its own, and takes a small share of the process. So
 * hardly a command of a hundred finds one in its way, and what it then waits is about as long as the slowest of the hundred took anyway.
 */
const gentleChunk = { bytes: 48 * 1024, sliceMs: 0.25 } as const;
/** Rests are so many times as long as the work before them. */
const restsPerWork = 6;
/** Who is woken late shares the processor with others that have more to do. */
const restsPerLateness = 3;
const mostRestMs = 50;

export interface Pace {
  bounds(): ChunkBounds;
  /** Runs `work` in a turn of its own, when it is its turn; urgent work at once. Undefined: it cannot be called off any more. */
  inOwnTurn(isUrgent: boolean, work: () => void): TimerHandle | undefined;
  /** Nobody has to be spared, and nothing rests: work may be done in this very turn. */
  readonly isFree: boolean;
}

export function createPace({ clock, timers }: Pick<Ports, 'clock' | 'timers'>, hasClients: () => boolean): Pace {
  let restUntilMs = -Infinity;
  const now = (): number => clock.monotonicMs();

  function run(work: () => void, latenessMs: number): void {
    const begunMs = now();
    work();
    const endMs = now();
    restUntilMs = hasClients() ? endMs + Math.min(mostRestMs, restsPerWork * (endMs - begunMs) + restsPerLateness * latenessMs) : endMs;
  }

  return {
    bounds: () => (hasClients() ? { bytes: gentleChunk.bytes, untilMs: now() + gentleChunk.sliceMs } : largeChunk),
    inOwnTurn(isUrgent, work) {
      const dueMs = restUntilMs;
      const waitMs = isUrgent ? 0 : dueMs - now();
      if (waitMs > 0) return timers.after(waitMs, () => run(work, Math.max(0, now() - dueMs - timerGrainMs)), { keepAlive: false });
      timers.soon(() => run(work, 0));
      return undefined;
    },
    get isFree() {
      return !hasClients() && now() >= restUntilMs;
    },
  };
}

const timerGrainMs = 1;
