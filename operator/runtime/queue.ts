import type { Ports, TimerHandle } from '../../shared/ports/ports.ts';
import { backoffMs, type Backoff } from './backoff.ts';

/**
 * Keys that want work. A key is handed to one worker at a time; asked for again meanwhile, it comes once more afterwards;
 * asked for many times, it comes once.
 *
 *     add ──► waiting ──next()──► working ──done()──► (idle)
 *      ▲         ▲                   │ add: dirty
 *   addAfter   retry (back-off)      └──done()──► waiting
 */
export interface WorkQueue {
  add(key: string): void;
  /** At the latest then; the earlier of two wins. Handing the key out cancels it: each pass says anew when it wants to come back. */
  addAfter(key: string, delayMs: number): void;
  /** After a failure: adds with exponential back-off and returns the delay. */
  retry(key: string, leastMs?: number): number;
  /** Forgets the failures of a key. */
  succeed(key: string): void;
  /** The next key, when there is one; undefined when the queue is stopped. Each key must be given back by done(). */
  next(): Promise<Handed | undefined>;
  done(key: string): void;
  readonly depth: number;
  /** Hands out nothing more; resolves when every key in work is done. */
  stop(): Promise<void>;
}

export interface Handed {
  readonly key: string;
  /** How long it stood in the queue. */
  readonly waitedMs: number;
}

export interface WorkQueueOptions {
  readonly ports: Ports;
  readonly backoff?: Backoff;
  readonly onDepth?: (depth: number) => void;
}

const retryBackoff: Backoff = { firstMs: 250, mostMs: 300_000 };

export function createWorkQueue({ ports, backoff = retryBackoff, onDepth = () => {} }: WorkQueueOptions): WorkQueue {
  const { clock, timers } = ports;
  /** key → when it was added; insertion order is the order of service. */
  const waiting = new Map<string, number>();
  /** key in work → asked for again. */
  const working = new Map<string, boolean>();
  const delayed = new Map<string, { readonly dueMs: number; readonly timer: TimerHandle }>();
  const failures = new Map<string, number>();
  const idleWorkers: ((handed: Handed | undefined) => void)[] = [];
  let stopped = false;
  let drained: () => void = () => {};

  const cancelDelay = (key: string): void => {
    timers.cancel(delayed.get(key)?.timer);
    delayed.delete(key);
  };
  const hand = (key: string, addedMs: number): Handed => {
    working.set(key, false);
    cancelDelay(key);
    return { key, waitedMs: clock.monotonicMs() - addedMs };
  };
  const add = (key: string): void => {
    if (stopped) return;
    if (working.has(key)) {
      working.set(key, true);
      return;
    }
    if (waiting.has(key)) return;
    const worker = idleWorkers.shift();
    if (worker) return worker(hand(key, clock.monotonicMs()));
    waiting.set(key, clock.monotonicMs());
    onDepth(waiting.size);
  };
  const addAfter = (key: string, delayMs: number): void => {
    if (stopped) return;
    if (delayMs <= 0) return add(key);
    const dueMs = clock.monotonicMs() + delayMs;
    const pending = delayed.get(key);
    if (pending && pending.dueMs <= dueMs) return;
    cancelDelay(key);
    const timer = timers.after(delayMs, () => {
      delayed.delete(key);
      add(key);
    }, { keepAlive: false });
    delayed.set(key, { dueMs, timer });
  };

  return {
    add,
    addAfter,
    retry(key, leastMs = 0) {
      const count = (failures.get(key) ?? 0) + 1;
      failures.set(key, count);
      const delayMs = Math.max(leastMs, backoffMs(backoff, count, ports.random));
      addAfter(key, delayMs);
      return delayMs;
    },
    succeed: (key) => void failures.delete(key),
    next() {
      if (stopped) return Promise.resolve(undefined);
      for (const [key, addedMs] of waiting) {
        waiting.delete(key);
        onDepth(waiting.size);
        return Promise.resolve(hand(key, addedMs));
      }
      return new Promise((resolve) => idleWorkers.push(resolve));
    },
    done(key) {
      const again = working.get(key) === true;
      working.delete(key);
      if (again) add(key);
      if (stopped && working.size === 0) drained();
    },
    get depth() {
      return waiting.size;
    },
    stop() {
      stopped = true;
      for (const { timer } of delayed.values()) timers.cancel(timer);
      delayed.clear();
      waiting.clear();
      onDepth(0);
      for (const worker of idleWorkers.splice(0)) worker(undefined);
      if (working.size === 0) return Promise.resolve();
      return new Promise((resolve) => (drained = resolve));
    },
  };
}
