import { Worker } from 'node:worker_threads';
import { questionsTo } from './worker-questions.ts';

/** Clients of one shard whose history the simulator's checkers judge: no acknowledged write is lost, no older value comes back. */
export interface Judged {
  /** When a write that was called after `sinceMs` was first acknowledged, by another address than `notBy`. Epoch milliseconds, as is `sinceMs`. */
  acknowledged(sinceMs: number, notBy?: string): Promise<number>;
  /** Pods have come or gone. */
  move(places: Places): void;
  /** Ends the clients, reads every key once more, and throws with what cannot be ordered. */
  judge(): Promise<{ readonly acknowledged: number; readonly operations: number }>;
  /** Without a verdict. */
  end(): Promise<void>;
}

/** `host:port` of the nodes as they announce themselves, and of those that are reached elsewhere from here, where. */
export interface Places {
  readonly addresses: readonly string[];
  readonly reach: Readonly<Record<string, string>>;
}

export interface JudgedOptions {
  readonly places: Places;
  readonly password: string;
  readonly shard: number;
  readonly shards: number;
  /** How long a client waits for one node before it asks another. */
  readonly patienceMs?: number;
}

export type Question =
  | { readonly kind: 'places'; readonly places: Places }
  | { readonly kind: 'acknowledged'; readonly id: number; readonly sinceMs: number; readonly notBy: string | undefined }
  | { readonly kind: 'judge'; readonly id: number };

export const epochNowMs = (): number => performance.timeOrigin + performance.now();

const clients = 6;
/** The checker takes the square of what happens to a key. */
const keyCount = 64;
let histories = 0;

export function startJudged(options: JudgedOptions): Judged {
  // A history begins with keys that nobody has written.
  histories += 1;
  const worker = new Worker(new URL('judged-worker.ts', import.meta.url), { workerData: { ...options, clients, keyCount, prefix: `judged-${histories}` } });
  const ask = questionsTo(worker);
  return {
    acknowledged: (sinceMs, notBy) => ask({ kind: 'acknowledged', sinceMs, notBy }),
    move: (places) => worker.postMessage({ kind: 'places', places }),
    judge: () => ask({ kind: 'judge' }),
    end: async () => void (await worker.terminate()),
  };
}
