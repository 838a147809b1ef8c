import { randomBytes } from 'node:crypto';
import type { Clock, Ports, Random, TimerHandle, Timers } from './ports.ts';

/** The one file that touches the real clock, timers and randomness. */
const clock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

const timers: Timers = {
  after(delayMs, run, options) {
    const handle = setTimeout(run, delayMs);
    if (options?.keepAlive === false) handle.unref();
    return handle;
  },
  every(periodMs, run, options) {
    const handle = setInterval(run, periodMs);
    if (options?.keepAlive === false) handle.unref();
    return handle;
  },
  cancel(handle: TimerHandle | undefined) {
    if (handle !== undefined) clearTimeout(handle as NodeJS.Timeout);
  },
  soon(run) {
    setImmediate(run);
  },
};

const random: Random = {
  bytes: (length) => randomBytes(length),
  unit: () => Math.random(),
};

export const systemPorts: Ports = { clock, timers, random };
