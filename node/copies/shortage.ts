/** A copy that fell out of sync for a moment is back within this, also on a busy machine: it asks to join again after a second. Clients wait three seconds for an answer, and ask again, or longer. */
const mostWaitMs = 4_000;

/** P10: a shard with fewer copies in sync than writes need. Writes wait for the missing one for a while, from when it was lost, before they are refused. */
export interface Shortage {
  /** After everything that may have changed the copies in sync. */
  see(isShort: boolean, nowMs: number): void;
  writesWait(nowMs: number): boolean;
}

export function createShortage(): Shortage {
  let sinceMs: number | undefined;
  return {
    see(isShort, nowMs) {
      if (!isShort) sinceMs = undefined;
      else sinceMs ??= nowMs;
    },
    writesWait: (nowMs) => sinceMs !== undefined && nowMs - sinceMs < mostWaitMs,
  };
}
