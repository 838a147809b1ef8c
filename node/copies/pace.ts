import type { Ports, TimerHandle } from '../../shared/ports/ports.ts';

/** How much a part may bring, and when its turn ends. */
export interface ChunkBounds {
  readonly bytes: number;
  readonly untilMs: number;
}

export const mostChunkBytes = 96 * 1024;
/** While no client is there: costs of a chunk itself do not count, nor does the turn that it takes. */
export const largeChunk: ChunkBounds = { bytes: mostChunkBytes, untilMs: Infinity };
/**
 * Copying must not hold clients up: where there are some, it goes in parts that take well below a millisecond, each in a turn of its own, and takes a small share of the process. So
 * hardly a command of a hundred finds one in its way, and what it then waits is about as long as the slowest of the hundred took anyway.
 */
const gentleChunk = { bytes: 48 * 1024, sliceMs: 0.25 } as const;

/** How much of a process that serves clients copying may take. */
export interface Rests {
  /** So many times as long as the work before them, of which so much counts: the rest of it others had the processor. */
  readonly perWork: number;
  readonly mostWorkMs: number;
  /** Who is woken late shares the processor with others that have more to do. */
  readonly perLateness: number;
  readonly mostMs: number;
  /** Who is woken late does more when it is: of the lateness, so much. */
  readonly latenessShare: number;
}

/** Of moves: nobody waits for them. */
export const longRests: Rests = { perWork: 6, mostWorkMs: Infinity, perLateness: 3, mostMs: 50, latenessShare: 0 };
/** Of full copies: until they are there, the shard has a copy less. */
export const shortRests: Rests = { perWork: 2, mostWorkMs: 1, perLateness: 0, mostMs: 10, latenessShare: 0.1 };

export interface Pace {
  bounds(): ChunkBounds;
  /** Runs `work` in a turn of its own, when it is its turn; urgent work at once. Undefined: it cannot be called off any more. */
  inOwnTurn(isUrgent: boolean, work: () => void): TimerHandle | undefined;
  /** Nobody has to be spared, and nothing rests: work may be done in this very turn. */
  readonly isFree: boolean;
}

export function createPace({ clock, timers }: Pick<Ports, 'clock' | 'timers'>, hasClients: () => boolean, rests: Rests): Pace {
  let restUntilMs = -Infinity;
  /** Of the turn that runs. */
  let lateMs = 0;
  const now = (): number => clock.monotonicMs();

  function run(work: () => void, latenessMs: number): void {
    const begunMs = now();
    lateMs = latenessMs;
    work();
    const endMs = now();
    restUntilMs = hasClients() ? endMs + Math.min(rests.mostMs, rests.perWork * Math.min(endMs - begunMs, rests.mostWorkMs) + rests.perLateness * latenessMs) : endMs;
  }

  return {
    bounds() {
      if (!hasClients()) return largeChunk;
      const times = Math.min(mostTimes, 1 + (lateMs * rests.latenessShare) / gentleChunk.sliceMs);
      return { bytes: gentleChunk.bytes * times, untilMs: now() + gentleChunk.sliceMs * times };
    },
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
/** Of a gentle chunk, however late. */
const mostTimes = 8;
