import type { Timers } from '../../shared/ports/ports.ts';

/** Resolves after the I/O of this turn of the event loop: clients' commands run in between. */
export const turn = (timers: Pick<Timers, 'soon'>): Promise<void> => new Promise((resolve) => timers.soon(resolve));

export const pause = (timers: Pick<Timers, 'after'>, delayMs: number): Promise<void> => new Promise((resolve) => timers.after(delayMs, resolve, { keepAlive: false }));
