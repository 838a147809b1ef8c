import type { KubeObject } from '../../../operator/kube/port.ts';
import type { Container } from './container.ts';
import { type Condition, conditionsOf, withCondition } from './conditions.ts';

type ContainerStatus = ReturnType<Container['status']>;

const isDone = ({ state }: ContainerStatus): boolean => 'terminated' in state;

function phaseOf(statuses: readonly ContainerStatus[], stopping: boolean, before: unknown): string {
  if (!stopping && statuses.some(({ state, restartCount }) => 'running' in state || restartCount > 0)) return 'Running';
  if (statuses.length > 0 && statuses.every(isDone)) {
    const failed = statuses.some(({ state }) => 'terminated' in state && state.terminated.exitCode !== 0);
    return failed ? 'Failed' : 'Succeeded';
  }
  return before === 'Running' ? 'Running' : 'Pending';
}

/** What the kubelet writes of a pod: its containers, its phase, its conditions. */
export function podStatus(pod: KubeObject, podIP: string, statuses: readonly ContainerStatus[], willRestart: boolean, now: string): Record<string, unknown> {
  const old = pod.status ?? {};
  const running = willRestart && statuses.some(isDone) ? 'Running' : phaseOf(statuses, !willRestart, old.phase);
  const unready = statuses.filter(({ ready }) => !ready).map(({ name }) => name);
  const phase = running;
  const over = phase === 'Succeeded' || phase === 'Failed';
  const why = over ? { reason: phase === 'Failed' ? 'PodFailed' : 'PodCompleted' } : unready.length > 0 ? { reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` } : {};
  const readiness = unready.length === 0 ? 'True' : 'False';
  const wanted: Condition[] = [
    { type: 'PodReadyToStartContainers', status: 'True' },
    { type: 'Initialized', status: 'True' },
    { type: 'Ready', status: readiness, ...why },
    { type: 'ContainersReady', status: readiness, ...why },
    { type: 'PodScheduled', status: 'True' },
  ];
  const conditions = wanted.reduce((all, condition) => withCondition(all, condition, now), conditionsOf(pod));
  return {
    ...old,
    phase,
    conditions,
    hostIP: podIP,
    hostIPs: [{ ip: podIP }],
    podIP,
    podIPs: [{ ip: podIP }],
    startTime: old.startTime ?? now,
    observedGeneration: pod.metadata.generation,
    containerStatuses: statuses,
  };
}
