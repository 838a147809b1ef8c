import type { Ports } from '../../shared/ports/ports.ts';

export interface RequestLimits {
  /** Requests a second in the long run. */
  readonly perSecond: number;
  /** Requests at once after a quiet time. */
  readonly burst: number;
  readonly mostInFlight: number;
}

/** Well below what a small control plane takes; API priority and fairness does the rest. */
export const defaultLimits: RequestLimits = { perSecond: 200, burst: 400, mostInFlight: 32 };

export interface RequestLimit {
  /** Resolves, first come first served, when a request may leave; call what it resolves to when the answer is there. */
  enter(): Promise<() => void>;
}

/** Token bucket and a bound on what is in flight. */
export function createRequestLimit(ports: Ports, limits: RequestLimits): RequestLimit {
  const { clock, timers } = ports;
  const waiting: (() => void)[] = [];
  let tokens = limits.burst;
  let countedMs = clock.monotonicMs();
  let inFlight = 0;
  let timed = false;

  const refill = (): void => {
    const nowMs = clock.monotonicMs();
    tokens = Math.min(limits.burst, tokens + ((nowMs - countedMs) / 1000) * limits.perSecond);
    countedMs = nowMs;
  };
  const admit = (): void => {
    refill();
    while (waiting.length > 0 && inFlight < limits.mostInFlight && tokens >= 1) {
      tokens -= 1;
      inFlight += 1;
      waiting.shift()!();
    }
    if (waiting.length === 0 || inFlight >= limits.mostInFlight || timed) return;
    timed = true;
    timers.after(Math.ceil(((1 - tokens) / limits.perSecond) * 1000), () => {
      timed = false;
      admit();
    });
  };
  const leave = (): void => {
    inFlight -= 1;
    admit();
  };
  return {
    enter: () =>
      new Promise((resolve) => {
        waiting.push(() => {
          let left = false;
          resolve(() => {
            if (!left) leave();
            left = true;
          });
        });
        admit();
      }),
  };
}
