import type { Timers } from '../../shared/ports/ports.ts';

/** Requests that run in one turn of the event loop; the sockets of Redis clients are looked at between two turns. */
const mostInTurn = 4;

/**
 * Spreads the work of many HTTP connections that became readable at once over several turns of the event loop: a Redis client waits for a few
 * requests, not for all of them. With little to do everything runs at once.
 */
export function createTurns<T>(timers: Pick<Timers, 'soon'>, run: (work: T) => void): (work: T) => void {
  let queue: T[] = [];
  let next = 0;
  let inTurn = 0;
  let scheduled = false;

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    timers.soon(turn);
  }

  function turn(): void {
    scheduled = false;
    inTurn = 0;
    while (next < queue.length && inTurn < mostInTurn) {
      inTurn++;
      run(queue[next++]);
    }
    if (next === queue.length) {
      queue = [];
      next = 0;
    }
    if (inTurn > 0) schedule();
  }

  return (work) => {
    if (inTurn < mostInTurn && queue.length === 0) {
      inTurn++;
      schedule();
      run(work);
    } else {
      queue.push(work);
    }
  };
}
