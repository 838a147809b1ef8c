import type { Clock } from '../../shared/ports/ports.ts';

/**
 * Shard time (P16): what decides expiry. It follows the monotonic clock and is slewed towards wall time, so that a step of the wall clock by an hour moves it
 * slowly and expires nothing early; a successor goes on from what it received from its predecessor, never from its own wall clock.
 *
 * From its own predecessor, not from the highest that anybody ever said: where messages of an earlier primary came late to the predecessor and in time to us, its time
 * lags behind what we received then, and what it has given a life to would end early by the difference.
 *
 * Of one predecessor, from the message that was on its way for the shortest time: who slept receives old ones when it wakes, and the shard's time has gone on meanwhile.
 */
export interface ShardTime {
  /** Who leads: milliseconds since the Unix epoch; never decreases. */
  read(wallMs: number, monotonicMs: number): number;
  /** Who follows: time carried by the primary of that epoch, the newest known, in a batch or heartbeat. */
  observe(shardMs: number, monotonicMs: number, epoch: number): void;
  /** Who leads with what was kept while nobody led: no earlier than when it was kept. The present is the wall clock's, for nothing else went on meanwhile. */
  atLeast(keptMs: number, wallMs: number, monotonicMs: number): void;
  /** Who follows: the newest time received; what is expired by it is hidden. −Infinity when nothing was. */
  readonly receivedMs: number;
}

/** Share of elapsed time by which shard time may run faster or slower than the monotonic clock while it is off the wall clock. */
const slewRate = 0.05;
/** The shard's time runs no slower than this beside another member's monotonic clock: the slewing, and clocks that are off by 3 % either way. */
const slowestRate = 0.89;

export function createShardTime(wallMs: number, monotonicMs: number): ShardTime {
  let shardMs = wallMs;
  let lastMonotonicMs = monotonicMs;
  let receivedMs = -Infinity;
  let heardEpoch = -1;
  const read = (wall: number, monotonic: number): number => {
    const elapsedMs = Math.max(0, monotonic - lastMonotonicMs);
    lastMonotonicMs = Math.max(lastMonotonicMs, monotonic);
    const steady = shardMs + elapsedMs;
    const correction = Math.min(Math.max(wall - steady, -slewRate * elapsedMs), slewRate * elapsedMs);
    shardMs = steady + correction;
    return Math.floor(shardMs);
  };
  return {
    read,
    atLeast(kept, wall, monotonic) {
      read(wall, monotonic);
      shardMs = Math.max(shardMs, kept);
    },
    observe(received, monotonic, epoch) {
      receivedMs = Math.max(receivedMs, received);
      const goneOnMs = shardMs + slowestRate * Math.max(0, monotonic - lastMonotonicMs);
      shardMs = epoch === heardEpoch ? Math.max(received, goneOnMs) : received;
      lastMonotonicMs = monotonic;
      heardEpoch = epoch;
    },
    get receivedMs() {
      return receivedMs;
    },
  };
}

/** The same for a node that follows nobody: its wall time by which keys expire where a shard has one copy, and by which clients idle. */
export function steadyClock(clock: Clock): Clock {
  const time = createShardTime(clock.wallMs(), clock.monotonicMs());
  return { wallMs: () => time.read(clock.wallMs(), clock.monotonicMs()), monotonicMs: clock.monotonicMs };
}
