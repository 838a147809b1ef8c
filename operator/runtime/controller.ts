import { SpanStatusCode, trace } from '@opentelemetry/api';
import { assertNever } from '../../shared/assert/never.ts';
import type { Logger } from '../../shared/log/log.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { KubeError } from '../kube/port.ts';
import type { Backoff } from './backoff.ts';
import { silentObserver, type RuntimeObserver } from './observer.ts';
import { createWorkQueue, type Handed, type WorkQueue } from './queue.ts';

/** How a pass ended. */
export type Outcome =
  | { readonly kind: 'done' }
  /** Nothing is wrong; come back then at the latest (a change brings the key back earlier). */
  | { readonly kind: 'again'; readonly afterMs: number }
  /** Comes back with exponential back-off. A throw is the same. */
  | { readonly kind: 'failed'; readonly error: unknown };

export const done: Outcome = { kind: 'done' };

export interface Pass {
  /** `namespace/name`. */
  readonly key: string;
  /** Names this pass in logs, traces and events. */
  readonly id: string;
  readonly log: Logger;
}

export interface ControllerOptions {
  readonly name: string;
  readonly ports: Ports;
  readonly log: Logger;
  readonly reconcile: (pass: Pass) => Promise<Outcome>;
  /** Passes at a time, of different keys; default 4. */
  readonly workers?: number;
  readonly backoff?: Backoff;
  readonly observer?: RuntimeObserver;
}

export interface Controller {
  readonly queue: WorkQueue;
  /** Starts the workers; keys added before wait for it. */
  start(): void;
  /** Starts no further pass; resolves when those under way have ended. */
  stop(): Promise<void>;
}

/** Runs reconcile passes: one at a time for a key, several keys at a time, each failure on its own. */
export function createController(options: ControllerOptions): Controller {
  const observer = options.observer ?? silentObserver;
  const queue = createWorkQueue({ ports: options.ports, backoff: options.backoff, onDepth: (depth) => observer.queueDepth(options.name, depth) });
  const worker = async (): Promise<void> => {
    for (let handed = await queue.next(); handed; handed = await queue.next()) {
      observer.queueWait(options.name, handed.waitedMs / 1000);
      try {
        await runPass(options, observer, queue, handed);
      } finally {
        queue.done(handed.key);
      }
    }
  };
  let workers: Promise<void>[] = [];
  return {
    queue,
    start() {
      if (workers.length === 0) workers = Array.from({ length: options.workers ?? 4 }, worker);
    },
    async stop() {
      await queue.stop();
      await Promise.all(workers);
    },
  };
}

async function runPass(options: ControllerOptions, observer: RuntimeObserver, queue: WorkQueue, { key }: Handed): Promise<void> {
  const { clock, random } = options.ports;
  const id = Buffer.from(random.bytes(4)).toString('hex');
  const log = options.log.with({ controller: options.name, object: key, reconcile: id });
  const startedMs = clock.monotonicMs();
  const outcome = await traced(options.name, { 'meridian.object': key, 'meridian.reconcile': id }, () => options.reconcile({ key, id, log }));
  const seconds = (clock.monotonicMs() - startedMs) / 1000;
  observer.reconciled(options.name, outcome.kind, seconds);
  switch (outcome.kind) {
    case 'done':
      queue.succeed(key);
      return;
    case 'again':
      queue.succeed(key);
      queue.addAfter(key, outcome.afterMs);
      return;
    case 'failed': {
      const { error } = outcome;
      const delayMs = queue.retry(key, error instanceof KubeError ? (error.retryAfterSeconds ?? 0) * 1000 : 0);
      // A conflict is news from another writer, not a fault: the next pass sees it.
      const level = error instanceof KubeError && error.code === 409 ? 'info' : 'warn';
      log[level]('pass failed', { error, seconds, delayMs: Math.round(delayMs) });
      return;
    }
    default:
      assertNever(outcome, 'outcome of a pass');
  }
}

/** Runs a pass within a span; a throw is a failed outcome. */
async function traced(name: string, attributes: Record<string, string>, run: () => Promise<Outcome>): Promise<Outcome> {
  return await trace.getTracer('meridian').startActiveSpan(`reconcile ${name}`, { attributes }, async (span): Promise<Outcome> => {
    try {
      const outcome = await run();
      span.setAttribute('meridian.outcome', outcome.kind);
      if (outcome.kind === 'failed') span.setStatus({ code: SpanStatusCode.ERROR, message: String(outcome.error) });
      return outcome;
    } catch (error) {
      span.recordException(error instanceof Error ? error : String(error));
      span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) });
      return { kind: 'failed', error };
    } finally {
      span.end();
    }
  });
}
