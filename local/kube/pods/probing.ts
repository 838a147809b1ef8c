import type { Ports, TimerHandle } from '../../../shared/ports/ports.ts';
import type { RunningContainer } from './pod-runtime.ts';

export interface ProbeSpec {
  readonly httpGet?: { readonly path?: string; readonly port: number | string };
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly failureThreshold?: number;
  readonly successThreshold?: number;
}

export interface ProbingOptions {
  /** Until it first succeeds a probe runs at least this often. */
  readonly hurryMs: number;
}

/**
 * Runs one probe of a container until stopped, and tells each change of mind: true after successThreshold successes, false
 * (with why) after as long a row of failures as the spec's own period and threshold make.
 */
export function startProbing(ports: Ports, container: RunningContainer, spec: ProbeSpec, options: ProbingOptions, changed: (good: boolean, why: string | undefined) => void): () => void {
  const periodMs = (spec.periodSeconds ?? 10) * 1000;
  const patienceMs = (spec.failureThreshold ?? 3) * periodMs;
  const hurryMs = Math.min(options.hurryMs, periodMs);
  let timer: TimerHandle | undefined;
  let stopped = false;
  let good: boolean | undefined;
  let successes = 0;
  let failingSinceMs: number | undefined;

  const judge = (failure: string | undefined): void => {
    if (failure === undefined) {
      failingSinceMs = undefined;
      successes += 1;
      if (good !== true && successes >= (spec.successThreshold ?? 1)) tell(true, undefined);
      return;
    }
    successes = 0;
    failingSinceMs ??= ports.clock.monotonicMs();
    const waitMs = good === true ? periodMs : hurryMs;
    const failedForMs = ports.clock.monotonicMs() - failingSinceMs + waitMs;
    if (good !== false && failedForMs >= patienceMs) tell(false, failure);
  };
  const tell = (value: boolean, why: string | undefined): void => {
    good = value;
    changed(value, why);
  };
  const run = (): void => {
    const { httpGet } = spec;
    // A kind of probe that is not run here does not stand in the way.
    if (!httpGet) return done(undefined);
    container.probe({ path: httpGet.path ?? '/', port: httpGet.port, timeoutMs: (spec.timeoutSeconds ?? 1) * 1000 }, done);
  };
  const done = (failure: string | undefined): void => {
    if (stopped) return;
    judge(failure);
    if (!stopped) timer = ports.timers.after(good === true ? periodMs : hurryMs, run);
  };
  timer = ports.timers.after((spec.initialDelaySeconds ?? 0) * 1000, run);
  return () => {
    stopped = true;
    ports.timers.cancel(timer);
  };
}
