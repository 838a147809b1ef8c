import type { Timers } from '../../../shared/ports/ports.ts';

/** Somebody with requests that wait for their turn. */
export interface Waiting {
  /** Runs one request, or none; true: more of them wait. */
  runOne(): boolean;
}

/** Requests that run in one turn of the event loop; the sockets of Redis clients are looked at between two turns. */
const mostInTurn = 4;
/** Places of those who had their turn that are kept in the queue. */
const mostBehind = 1_024;

/**
 * Spreads the requests of many connections that became readable at once over several turns of the event loop: a Redis client waits for a few requests, not for all of them. With little to do everything runs
 * at once. Whoever waits has one request a round.
 */
export class Turns {
  readonly #timers: Pick<Timers, 'soon'>;
  #queue: Waiting[] = [];
  #next = 0;
  #inTurn = 0;
  #scheduled = false;

  constructor(timers: Pick<Timers, 'soon'>) {
    this.#timers = timers;
  }

  /** Whether one more request may run in this turn; it is counted. */
  take(): boolean {
    if (this.#inTurn >= mostInTurn || this.#next < this.#queue.length) return false;
    this.#inTurn++;
    this.#schedule();
    return true;
  }

  /** Its requests run in later turns. */
  later(waiting: Waiting): void {
    this.#queue.push(waiting);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#timers.soon(() => this.#turn());
  }

  #turn(): void {
    this.#scheduled = false;
    this.#inTurn = 0;
    while (this.#next < this.#queue.length && this.#inTurn < mostInTurn) {
      this.#inTurn++;
      const waiting = this.#queue[this.#next++];
      if (waiting.runOne()) this.#queue.push(waiting);
    }
    if (this.#next === this.#queue.length || this.#next >= mostBehind) {
      this.#queue = this.#queue.slice(this.#next);
      this.#next = 0;
    }
    if (this.#inTurn > 0) this.#schedule();
  }
}
