import type { KubeObject } from '../../../operator/kube/port.ts';
import type { Ports, TimerHandle } from '../../../shared/ports/ports.ts';
import type { Api } from '../api/api.ts';
import { timestamp } from '../api/context.ts';
import { NotReadyToStart, environmentOf } from './environment.ts';
import { inputsOf } from './mounts.ts';
import type { ContainerInputs, Exit, PodRuntime, RunningContainer } from './pod-runtime.ts';
import { type ProbeSpec, startProbing } from './probing.ts';

export interface ContainerSpec {
  readonly name: string;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: Parameters<typeof environmentOf>[2];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  readonly startupProbe?: ProbeSpec;
  readonly livenessProbe?: ProbeSpec;
  readonly readinessProbe?: ProbeSpec;
}

export interface RestartBackoff {
  readonly firstMs: number;
  readonly mostMs: number;
  /** After running for as long the next restart is at once again. */
  readonly forgiveMs: number;
}

export interface ContainerOptions {
  readonly backoff: RestartBackoff;
  readonly hurryMs: number;
}

export type ContainerState =
  | { readonly waiting: { readonly reason: string; readonly message?: string } }
  | { readonly running: { readonly startedAt: string } }
  | { readonly terminated: Terminated };

interface Terminated extends Exit {
  readonly reason: string;
  readonly startedAt: string;
  readonly finishedAt: string;
}

interface Host {
  readonly api: Api;
  readonly runtime: PodRuntime;
  readonly options: ContainerOptions;
  readonly restartPolicy: string;
  /** The pod as it is stored now. */
  pod(): KubeObject | undefined;
  /** Something that the status shows has changed. */
  changed(): void;
}

/**
 * One container of a pod: started when all that it needs is there, probed, started again in the same pod after it ends. The first
 * restart is at once; one that keeps ending waits twice as long each time (CrashLoopBackOff).
 */
export function createContainer(host: Host, spec: ContainerSpec) {
  const { api, options } = host;
  const ports: Ports = api.context.ports;
  let state: ContainerState = { waiting: { reason: 'ContainerCreating' } };
  let last: Terminated | undefined;
  let running: RunningContainer | undefined;
  let inputs: ContainerInputs | undefined;
  let restartCount = 0;
  let started = false;
  let ready = false;
  let stopping = false;
  let delayMs = 0;
  let startedAtMs = 0;
  let restartTimer: TimerHandle | undefined;
  let killTimer: TimerHandle | undefined;
  let probes: (() => void)[] = [];

  const now = (): string => timestamp(ports.clock.wallMs());
  const stopProbes = (): void => {
    for (const stop of probes) stop();
    probes = [];
  };
  const probe = (probeSpec: ProbeSpec | undefined, changed: (good: boolean, why: string | undefined) => void): void => {
    if (!running) return;
    if (!probeSpec) changed(true, undefined);
    else probes.push(startProbing(ports, running, probeSpec, options, changed));
  };
  const watchHealth = (): void => {
    started = true;
    probe(spec.readinessProbe, (good) => {
      ready = good;
      host.changed();
    });
    if (spec.livenessProbe) probe(spec.livenessProbe, (good) => good || restartUnhealthy());
  };
  const restartUnhealthy = (): void => {
    stopProbes();
    ready = false;
    terminate(Number(host.pod()?.spec?.terminationGracePeriodSeconds ?? 30));
  };

  const start = (): void => {
    const pod = host.pod();
    if (!pod || running || stopping) return;
    try {
      inputs = inputsOf(api, pod, spec);
      const env = environmentOf(api, pod, spec.env ?? []);
      const command = [...(spec.command ?? []), ...(spec.args ?? [])];
      running = host.runtime.start({ pod, container: spec.name, command, env, inputs, restartCount }, exited);
    } catch (error) {
      const reason = error instanceof NotReadyToStart ? (error.message.startsWith('MountVolume') ? 'ContainerCreating' : 'CreateContainerConfigError') : 'RunContainerError';
      if (!(error instanceof NotReadyToStart)) restartTimer = ports.timers.after(Math.max(options.backoff.firstMs, 100), start);
      state = { waiting: { reason, message: (error as Error).message } };
      host.changed();
      return;
    }
    startedAtMs = ports.clock.monotonicMs();
    state = { running: { startedAt: now() } };
    if (spec.startupProbe) {
      probe(spec.startupProbe, (good) => {
        // Its work is done either way.
        stopProbes();
        if (good) watchHealth();
        else restartUnhealthy();
        host.changed();
      });
    } else watchHealth();
    host.changed();
  };

  const exited = (exit: Exit): void => {
    const startedAt = 'running' in state ? state.running.startedAt : now();
    const ran = { ...exit, reason: exit.exitCode === 0 ? 'Completed' : 'Error', startedAt, finishedAt: now() };
    running = undefined;
    started = false;
    ready = false;
    stopProbes();
    ports.timers.cancel(killTimer);
    state = { terminated: ran };
    const again = !stopping && (host.restartPolicy === 'Always' || (host.restartPolicy === 'OnFailure' && exit.exitCode !== 0));
    if (again) restartLater(ran);
    host.changed();
  };

  const restartLater = (ran: Terminated): void => {
    last = ran;
    const { firstMs, mostMs, forgiveMs } = options.backoff;
    if (ports.clock.monotonicMs() - startedAtMs >= forgiveMs) delayMs = 0;
    const waitMs = delayMs;
    delayMs = Math.min(mostMs, delayMs === 0 ? firstMs : delayMs * 2);
    if (waitMs > 0) {
      const pod = host.pod()?.metadata;
      const message = `back-off ${formatSeconds(waitMs)} restarting failed container=${spec.name} pod=${pod?.name}_${pod?.namespace}(${pod?.uid})`;
      state = { waiting: { reason: 'CrashLoopBackOff', message } };
    }
    restartTimer = ports.timers.after(waitMs, () => {
      restartCount += 1;
      start();
    });
  };

  function terminate(graceSeconds: number): void {
    running?.terminate();
    ports.timers.cancel(killTimer);
    killTimer = ports.timers.after(graceSeconds * 1000, () => running?.kill());
  }

  return {
    start,
    /** Something in the namespace changed: a container that waits for it starts, one that runs sees it. */
    inputsChanged(): void {
      if (!running) {
        if ('waiting' in state && state.waiting.reason !== 'CrashLoopBackOff') start();
        return;
      }
      const pod = host.pod();
      if (!pod) return;
      try {
        inputs = inputsOf(api, pod, spec);
        running.refresh(inputs);
      } catch (error) {
        // What was mounted stays as it is while its source is away.
        if (!(error instanceof NotReadyToStart)) throw error;
      }
    },
    /** For good. With no grace the container is killed. */
    stop(graceSeconds: number): void {
      stopping = true;
      ready = false;
      stopProbes();
      ports.timers.cancel(restartTimer);
      if (!running) {
        if (!('terminated' in state)) state = { terminated: last ?? { exitCode: 0, reason: 'Completed', startedAt: now(), finishedAt: now() } };
        return;
      }
      if (graceSeconds > 0) terminate(graceSeconds);
      else running.kill();
    },
    isRunning: (): boolean => running !== undefined,
    isReady: (): boolean => ready,
    status: () => ({
      name: spec.name,
      image: spec.image ?? '',
      imageID: '',
      ready,
      started,
      restartCount,
      state,
      lastState: last ? { terminated: last } : {},
    }),
  };
}

export type Container = ReturnType<typeof createContainer>;

function formatSeconds(ms: number): string {
  const seconds = Math.round(ms / 100) / 10;
  return seconds >= 60 ? `${Math.floor(seconds / 60)}m${Math.round(seconds % 60)}s` : `${seconds}s`;
}
