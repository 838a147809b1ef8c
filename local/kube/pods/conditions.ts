import type { KubeObject } from '../../../operator/kube/port.ts';

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

export const conditionsOf = (object: KubeObject): readonly Condition[] => (Array.isArray(object.status?.conditions) ? (object.status.conditions as Condition[]) : []);

export const isTrue = (object: KubeObject, type: string): boolean => conditionsOf(object).some((condition) => condition.type === type && condition.status === 'True');

export const isReadyPod = (pod: KubeObject): boolean => isTrue(pod, 'Ready');

/** The list with one condition set; its time of transition changes only with its status. */
export function withCondition(conditions: readonly Condition[], next: Condition, now: string): readonly Condition[] {
  const old = conditions.find(({ type }) => type === next.type);
  const lastTransitionTime = old?.status === next.status ? old.lastTransitionTime : now;
  const made = { ...next, lastTransitionTime };
  return old ? conditions.map((condition) => (condition.type === next.type ? made : condition)) : [...conditions, made];
}
