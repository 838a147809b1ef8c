import type { Gauges } from './observed.ts';

/** Gauges of one namespace as they are shown, and since when. */
export interface Shown {
  readonly gauges: Gauges;
  readonly sinceMs: number;
}

/** How often the nodes are asked while there may be first figures to show, and how often else; no figure is replaced within that. */
export const firstGaugesMs = 10_000;
export const gaugePeriodMs = 60_000;
/** Polls at the quicker pace after each document. */
export const mostFirstPolls = 12;

/** What is to be shown after a poll: first figures at once, others that long after those before them. */
export function showGauges(shown: ReadonlyMap<string, Shown>, polled: ReadonlyMap<string, Gauges>, nowMs: number): ReadonlyMap<string, Shown> {
  return new Map(Array.from(polled, ([uid, gauges]) => {
    const before = shown.get(uid);
    return [uid, before === undefined || isBlank(before.gauges) || nowMs - before.sinceMs >= gaugePeriodMs ? { gauges, sinceMs: nowMs } : before];
  }));
}

/** Some namespace of a new document has nothing to show yet. */
export function awaitsFirst(shown: ReadonlyMap<string, Shown> | undefined, uids: readonly string[], pollsOfDocument: number): boolean {
  return pollsOfDocument < mostFirstPolls && uids.some((uid) => {
    const one = shown?.get(uid);
    return one === undefined || isBlank(one.gauges);
  });
}

const isBlank = ({ keys, hitRatePercent, throttled }: Gauges): boolean => keys === 0 && hitRatePercent === undefined && throttled === 0;
