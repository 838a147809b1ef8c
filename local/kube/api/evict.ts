import { type DeleteOptions, KubeError, type KubeObject } from '../../../operator/kube/port.ts';
import { resourceTypes } from '../../../operator/kube/types.ts';
import { isReadyPod } from '../pods/conditions.ts';
import { type LabelSelector, matcherOf } from '../selectors/labels.ts';
import { type ApiContext, timestamp } from './context.ts';
import { notFound } from './errors.ts';
import { removeObject } from './remove.ts';
import { updateObject } from './update.ts';

/** policy/v1 Eviction: a delete that the pod's disruption budget must allow. */
export function evictPod(context: ApiContext, namespace: string, name: string, options: DeleteOptions = {}): void {
  const kind = context.catalogue.find(resourceTypes.pod);
  const pod = context.store.get(kind, namespace, name);
  if (!pod) throw notFound(kind, name);
  const budgets = budgetsOf(context, pod);
  if (budgets.length > 1) throw new KubeError(500, 'InternalError', 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.');
  if (budgets.length === 1 && !isFree(pod)) spendBudget(context, budgets[0], pod, options);
  const { gone } = removeObject(context, kind, pod, options);
  // One that was gone at once must not be taken for the next pod of its name.
  if (gone && budgets.length === 1 && options.dryRun !== true) forget(context, budgets[0], name);
}

const budgetsOf = ({ store }: Pick<ApiContext, 'store'>, pod: KubeObject): readonly KubeObject[] =>
  store.list(resourceTypes.podDisruptionBudget, pod.metadata.namespace).filter((budget) => matcherOf(budget.spec?.selector as LabelSelector | undefined)(pod.metadata.labels ?? {}));

/** Its going disturbs nobody: it is not running, or going already. */
const isFree = (pod: KubeObject): boolean => pod.metadata.deletionTimestamp !== undefined || ['Pending', 'Succeeded', 'Failed'].includes(String(pod.status?.phase));

function spendBudget(context: ApiContext, budget: KubeObject, pod: KubeObject, options: DeleteOptions): void {
  const { name } = budget.metadata;
  const status = (budget.status ?? {}) as { observedGeneration?: number; disruptionsAllowed?: number; currentHealthy?: number; desiredHealthy?: number; disruptedPods?: Record<string, string> };
  const { disruptionsAllowed = 0, currentHealthy = 0, desiredHealthy = 0 } = status;
  const stillHealthy = currentHealthy >= desiredHealthy && desiredHealthy > 0;
  if (!isReadyPod(pod) && (stillHealthy || budget.spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow')) return;
  if ((status.observedGeneration ?? 0) < (budget.metadata.generation ?? 1)) throw refusedNow(`The disruption budget ${name} is still being processed by the server.`, 10);
  if (disruptionsAllowed <= 0) throw refusedNow(`The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`);
  const kind = context.catalogue.find(resourceTypes.podDisruptionBudget);
  const disruptedPods = { ...status.disruptedPods, [pod.metadata.name]: timestamp(context.ports.clock.wallMs()) };
  const spent = { ...budget, status: { ...status, disruptionsAllowed: disruptionsAllowed - 1, disruptedPods } };
  updateObject(context, kind, budget, spent, { subresource: 'status', manager: 'kube-apiserver', dryRun: options.dryRun });
}

function forget(context: ApiContext, { metadata }: KubeObject, pod: string): void {
  const kind = context.catalogue.find(resourceTypes.podDisruptionBudget);
  const budget = context.store.get(kind, metadata.namespace, metadata.name);
  if (!budget) return;
  const { [pod]: _gone, ...disruptedPods } = (budget.status?.disruptedPods ?? {}) as Record<string, string>;
  updateObject(context, kind, budget, { ...budget, status: { ...budget.status, disruptedPods } }, { subresource: 'status', manager: 'kube-apiserver' });
}

function refusedNow(why: string, retryAfterSeconds?: number): KubeError {
  const causes = [{ reason: 'DisruptionBudget', message: why }];
  return new KubeError(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", { causes, retryAfterSeconds });
}
