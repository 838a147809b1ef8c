/**
 * Shard time (P16): what decides expiry. It follows the monotonic clock and is slewed towards wall time, so that a step of the wall clock by an hour moves it
 * slowly and expires nothing early; a successor never starts below what it received from its predecessor.
 */
export interface ShardTime {
  /** Milliseconds since the Unix epoch; never decreases. */
  read(wallMs: number, monotonicMs: number): number;
  /** Time carried by the primary in a batch or heartbeat; this member's own time is never below it afterwards. */
  observe(shardMs: number): void;
}

/** Share of elapsed time by which shard time may run faster or slower than the monotonic clock while it is off the wall clock. */
const slewRate = 0.05;

export function createShardTime(wallMs: number, monotonicMs: number, floorMs = 0): ShardTime {
  let shardMs = Math.max(wallMs, floorMs);
  let lastMonotonicMs = monotonicMs;
  return {
    read(wall, monotonic) {
      const elapsedMs = Math.max(0, monotonic - lastMonotonicMs);
      lastMonotonicMs = Math.max(lastMonotonicMs, monotonic);
      const steady = shardMs + elapsedMs;
      const correction = Math.min(Math.max(wall - steady, -slewRate * elapsedMs), slewRate * elapsedMs);
      shardMs = steady + correction;
      return Math.floor(shardMs);
    },
    observe(received) {
      if (received > shardMs) shardMs = received;
    },
  };
}
