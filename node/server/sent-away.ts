import type { Ports } from '../../shared/ports/ports.ts';
import type { Connection } from './connection.ts';

/** Who has said nothing for this long is not in the middle of anything. */
const livelyMs = 2_000;
const lookEveryMs = 20;
/** For whoever asked before the successor was known. */
const settleMs = 500;

/** As long as `some` says that a client may still be about to come: it is told where to go, and learns of no address that is about to be nobody's. */
export async function linger({ timers }: Pick<Ports, 'timers'>, some: () => boolean): Promise<void> {
  while (some()) await new Promise<void>((resolve) => timers.after(lookEveryMs, resolve));
}

/** Who has used the node within this may look it up in what it learned before. */
const usedMs = 30_000;

/**
 * Whether somebody is connected who used the node lately. Libraries that have learned of its going close their connections to it; one that has not, since it asks an address that
 * is nobody's already and waits for its time-outs (25 s with some), goes on coming here.
 */
export function isUsed(connections: Iterable<{ readonly closed: boolean; readonly session: { readonly lastActiveMs: number } }>, nowMs: number): boolean {
  for (const { closed, session } of connections) if (!closed && nowMs - session.lastActiveMs < usedMs) return true;
  return false;
}

/**
 * Clients that speak when a node begins to hand its shard over. `wait` resolves when the successor is known (`elsewhere`) and each of them has been sent
 * away or has gone, at the latest after `withinMs`: a connection that is closed in the middle of an operation leaves its outcome open.
 */
export function livelyClients(connections: Iterable<Connection>, nowMs: number): { wait(ports: Ports, elsewhere: () => boolean, withinMs: number): Promise<void> } {
  const lively = Array.from(connections).filter(({ session }) => nowMs - session.lastActiveMs < livelyMs);
  for (const { session } of lively) session.sentAway = false;
  return {
    async wait({ clock, timers }, elsewhere, withinMs) {
      const untilMs = clock.monotonicMs() + withinMs;
      const pause = (ms: number): Promise<void> => new Promise((resolve) => timers.after(ms, resolve));
      while (!elsewhere() && clock.monotonicMs() < untilMs) await pause(lookEveryMs);
      await pause(settleMs);
      while (clock.monotonicMs() < untilMs && lively.some(({ closed, session }) => !closed && !session.sentAway)) await pause(lookEveryMs);
    },
  };
}
