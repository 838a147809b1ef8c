/**
 * What the pure core may not reach for by itself: time, timers, randomness. Production passes `system.ts`, the
 * simulator passes virtual ones; no other file may read the real ones (a test enforces it).
 */
export interface Clock {
  /** Milliseconds since the Unix epoch; may step backwards or forwards. */
  wallMs(): number;
  /** Milliseconds, fractional, never decreasing within a process; the origin is arbitrary. */
  monotonicMs(): number;
}

export type TimerHandle = { readonly __timer: unique symbol } | object | number;

export interface Timers {
  /** Calls `run` once after at least `delayMs`; an unreferenced timer does not keep the process alive. */
  after(delayMs: number, run: () => void, options?: { readonly keepAlive?: boolean }): TimerHandle;
  every(periodMs: number, run: () => void, options?: { readonly keepAlive?: boolean }): TimerHandle;
  cancel(handle: TimerHandle | undefined): void;
  /** Runs after the I/O of this event-loop turn. */
  soon(run: () => void): void;
}

export interface Random {
  /** Unpredictable bytes (keys, nonces, incarnations). */
  bytes(length: number): Uint8Array;
  /** Uniform in [0, 1). */
  unit(): number;
}

export interface Ports {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
}
