import type { TargetName } from './targets.ts';

/** What the main thread gives to a worker. */
export interface Order {
  readonly target: TargetName;
  readonly seed: number;
  readonly untilMs: number;
  /** Progress, length of the input being run, and behind them the input: seen from outside when this thread hangs. */
  readonly board: SharedArrayBuffer;
}

/** What it says now and then, and when it found something. */
export type Report =
  | { readonly kind: 'state'; readonly inputs: number; readonly reached: number; readonly corpus: number }
  | { readonly kind: 'found'; readonly input: Uint8Array; readonly problem: string }
  | { readonly kind: 'done'; readonly corpus: readonly Uint8Array[] };

export const boardHeaderBytes = 8;
