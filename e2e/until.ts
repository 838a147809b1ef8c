import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 500;

/**
 * Asks until `probe` gives something other than undefined. `waitedFor` is said when it does not come in time, together with the probe's
 * last error: a cluster that settles late must say what was missing.
 */
export async function until<T>(waitedFor: string, probe: () => T | undefined | Promise<T | undefined>, timeoutMs = 120_000): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let lastError = '';
  for (;;) {
    try {
      const answer = await probe();
      if (answer !== undefined) return answer;
      lastError = '';
    } catch (error) {
      lastError = error instanceof Error ? error.message : String(error);
    }
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs / 1000} s for ${waitedFor}${lastError && `; last: ${lastError}`}`);
    await sleep(pollMs);
  }
}

/** Probe of `until` for a plain yes or no. */
export const when = (yes: boolean): true | undefined => (yes ? true : undefined);
