import type { KubeObject } from '../../../operator/kube/port.ts';
import type { Ports, TimerHandle } from '../../../shared/ports/ports.ts';
import type { ContainerInputs, ContainerStart, Exit, PodRuntime } from './pod-runtime.ts';

export interface VirtualRuntimeOptions {
  readonly nodeName?: string;
  /** From start until probes succeed. */
  readonly readyAfterMs?: number;
  /** From SIGTERM until the container ends. */
  readonly stopsAfterMs?: number;
}

export interface VirtualContainer {
  readonly start: ContainerStart;
  inputs: ContainerInputs;
}

/** Containers that only exist as entries: for tests and wherever virtual time runs. */
export function createVirtualRuntime({ clock, timers }: Ports, { nodeName = 'virtual', readyAfterMs = 0, stopsAfterMs = 0 }: VirtualRuntimeOptions = {}) {
  const containers = new Map<string, VirtualContainer & { end(exit: Exit): void }>();
  const answers = new Map<string, string>();
  const ignoring = new Set<string>();
  const log: string[] = [];
  let addresses = 0;
  const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace}/${metadata.name}`;

  const runtime: PodRuntime = {
    nodeName,
    place(_pod, done) {
      addresses += 1;
      const podIP = `10.244.${Math.floor(addresses / 250)}.${1 + (addresses % 250)}`;
      timers.soon(() => done({ podIP }));
    },
    start(start, exited) {
      const key = keyOf(start.pod);
      const startedMs = clock.monotonicMs();
      let over = false;
      let ending: TimerHandle | undefined;
      const end = (exit: Exit): void => {
        if (over) return;
        over = true;
        timers.cancel(ending);
        containers.delete(key);
        log.push(`exit ${key} ${exit.exitCode}`);
        timers.soon(() => exited(exit));
      };
      const container = { start, inputs: start.inputs, end };
      containers.set(key, container);
      log.push(`start ${key} ${start.restartCount}`);
      return {
        terminate() {
          log.push(`terminate ${key}`);
          if (!ignoring.has(key)) ending = timers.after(stopsAfterMs, () => end({ exitCode: 0 }), { keepAlive: false });
        },
        kill: () => end({ exitCode: 137, signal: 9 }),
        refresh(inputs) {
          container.inputs = inputs;
          log.push(`refresh ${key}`);
        },
        probe({ path }, done) {
          const late = clock.monotonicMs() - startedMs < readyAfterMs ? 'not yet' : undefined;
          timers.soon(() => done(late ?? answers.get(`${key}${path}`)));
        },
      };
    },
    release: (pod) => void log.push(`release ${keyOf(pod)}`),
  };

  return {
    runtime,
    /** What happened, in order. */
    log: log as readonly string[],
    running: (): readonly string[] => [...containers.keys()].toSorted(),
    container: (namespace: string, pod: string): VirtualContainer | undefined => containers.get(`${namespace}/${pod}`),
    /** SIGKILL from outside. */
    kill: (namespace: string, pod: string, exitCode = 137): void => containers.get(`${namespace}/${pod}`)?.end({ exitCode }),
    /** From now on this probe fails with `why`, or succeeds again. */
    answerProbe(namespace: string, pod: string, path: string, why: string | undefined): void {
      if (why === undefined) answers.delete(`${namespace}/${pod}${path}`);
      else answers.set(`${namespace}/${pod}${path}`, why);
    },
    /** SIGTERM does nothing to it. */
    ignoreTerminate: (namespace: string, pod: string): void => void ignoring.add(`${namespace}/${pod}`),
  };
}

export type VirtualRuntime = ReturnType<typeof createVirtualRuntime>;
