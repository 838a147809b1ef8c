import type { Ports } from '../../shared/ports/ports.ts';

/** The longest delay of a timer in the last and the running window. */
export interface LagMeter {
  worstMs(): number;
  stop(): void;
}

const sampleMs = 250;
const samplesPerWindow = 20;

export function measureLag(ports: Ports): LagMeter {
  let expectedMs = ports.clock.monotonicMs() + sampleMs;
  let samples = 0;
  let current = 0;
  let before = 0;
  const timer = ports.timers.every(
    sampleMs,
    () => {
      const nowMs = ports.clock.monotonicMs();
      current = Math.max(current, nowMs - expectedMs);
      expectedMs = nowMs + sampleMs;
      if (++samples < samplesPerWindow) return;
      samples = 0;
      before = current;
      current = 0;
    },
    { keepAlive: false },
  );
  return { worstMs: () => Math.max(current, before), stop: () => ports.timers.cancel(timer) };
}
