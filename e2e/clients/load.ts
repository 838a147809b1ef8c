import { Worker } from 'node:worker_threads';
import type { Places } from './judged.ts';
import { questionsTo } from './worker-questions.ts';

/**
 * Clients of a whole region at a steady rate, all slots, for as long as something happens to it. Every key has one writer, so that each read can be judged as
 * its answer comes: at least what was acknowledged, or read, before it was called, at most what had been sent when it returned.
 */
export interface Load {
  /** Puts a data set beside the load's own keys, of values that `verify` knows. Resolves with its bytes. */
  fill(options: FillOptions): Promise<number>;
  /** Reads the whole data set; throws with what is missing or wrong. */
  verify(): Promise<number>;
  /** What has happened since the last call. */
  figures(): Promise<LoadFigures>;
  /** Stops, reads every key once more, and throws when any operation failed or any acknowledged write is gone. */
  finish(): Promise<LoadFigures>;
  end(): Promise<void>;
}

export interface LoadOptions {
  readonly places: Places;
  readonly password: string;
  readonly writesPerSecond: number;
  readonly readsPerSecond: number;
  readonly valueBytes: number;
}

export interface FillOptions {
  readonly megabytes: number;
  readonly valueBytes: number;
}

export interface LoadFigures {
  readonly writes: number;
  readonly reads: number;
  readonly seconds: number;
  /** Failed operations and wrong answers since the beginning. */
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly longestMs: number;
}

export type LoadQuestion = { readonly id: number } & ({ readonly kind: 'figures' | 'finish' | 'verify' } | ({ readonly kind: 'fill' } & FillOptions));

let loads = 0;

export function startLoad(options: LoadOptions): Load {
  // What an earlier load has written is not this one's.
  loads += 1;
  const worker = new Worker(new URL('load-worker.ts', import.meta.url), { workerData: { ...options, prefix: `load-${loads}` } });
  const ask = questionsTo(worker);
  return {
    fill: (fill) => ask({ kind: 'fill', ...fill }),
    verify: () => ask({ kind: 'verify' }),
    figures: () => ask({ kind: 'figures' }),
    finish: () => ask({ kind: 'finish' }),
    end: async () => void (await worker.terminate()),
  };
}
