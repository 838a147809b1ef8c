import type { KubeObject } from '../../../operator/kube/port.ts';
import { resourceTypes } from '../../../operator/kube/types.ts';
import { deepEqual } from '../../../shared/resources/admission/json.ts';
import type { Api } from '../api/api.ts';
import { timestamp } from '../api/context.ts';
import { type Condition, conditionsOf, isReadyPod, withCondition } from '../pods/conditions.ts';
import { type LabelSelector, matcherOf } from '../selectors/labels.ts';
import { type Controller, createKeyQueue } from './queue.ts';

/** Keeps the status of disruption budgets: how many more pods may be evicted now. */
export function startDisruptionController(api: Api): Controller {
  const { store, ports } = api.context;
  const queue = createKeyQueue(ports, (key) => {
    const [namespace, name] = key.split('/');
    const budget = api.find(resourceTypes.podDisruptionBudget, namespace, name);
    if (budget) updateStatus(api, budget);
  });
  const unsubscribe = store.subscribe(({ kind, object }) => {
    const { namespace, name } = object.metadata;
    if (kind.kind === 'PodDisruptionBudget') queue.add(`${namespace}/${name}`);
    if (kind.kind !== 'Pod' && kind.kind !== 'StatefulSet') return;
    for (const budget of store.list(resourceTypes.podDisruptionBudget, namespace)) queue.add(`${namespace}/${budget.metadata.name}`);
  });
  return {
    stop() {
      unsubscribe();
      queue.stop();
    },
  };
}

function updateStatus(api: Api, budget: KubeObject): void {
  const { namespace, name, generation } = budget.metadata;
  const matches = matcherOf(budget.spec?.selector as LabelSelector | undefined);
  const pods = api.list(resourceTypes.pod, { namespace }).items.filter((pod) => matches(pod.metadata.labels ?? {}));
  const disruptedPods = stillDisrupted(budget, pods);
  const currentHealthy = pods.filter((pod) => isReadyPod(pod) && pod.metadata.deletionTimestamp === undefined && !(pod.metadata.name in disruptedPods)).length;
  const { expectedPods, desiredHealthy } = demand(api, budget, pods);
  const disruptionsAllowed = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0;
  const condition: Condition = {
    type: 'DisruptionAllowed',
    status: disruptionsAllowed > 0 ? 'True' : 'False',
    reason: disruptionsAllowed > 0 ? 'SufficientPods' : 'InsufficientPods',
    message: '',
  };
  const conditions = withCondition(conditionsOf(budget), condition, timestamp(api.context.ports.clock.wallMs()));
  const status = { currentHealthy, desiredHealthy, disruptionsAllowed, expectedPods, observedGeneration: generation, conditions, ...(Object.keys(disruptedPods).length > 0 ? { disruptedPods } : {}) };
  if (deepEqual(status, budget.status)) return;
  api.replace(resourceTypes.podDisruptionBudget, { ...budget, metadata: { ...budget.metadata, name }, status }, { subresource: 'status', manager: 'kube-controller-manager' });
}

/** Evicted and not yet seen going: they count as gone. */
function stillDisrupted(budget: KubeObject, pods: readonly KubeObject[]): Record<string, unknown> {
  const noted = (budget.status?.disruptedPods ?? {}) as Record<string, unknown>;
  const present = new Set(pods.filter((pod) => pod.metadata.deletionTimestamp === undefined).map((pod) => pod.metadata.name));
  return Object.fromEntries(Object.entries(noted).filter(([name]) => present.has(name)));
}

function demand(api: Api, budget: KubeObject, pods: readonly KubeObject[]): { readonly expectedPods: number; readonly desiredHealthy: number } {
  const { minAvailable, maxUnavailable } = (budget.spec ?? {}) as { minAvailable?: number | string; maxUnavailable?: number | string };
  if (typeof minAvailable === 'number') return { expectedPods: pods.length, desiredHealthy: minAvailable };
  const expectedPods = expectedByControllers(api, pods);
  if (minAvailable !== undefined) return { expectedPods, desiredHealthy: scaled(minAvailable, expectedPods) };
  return { expectedPods, desiredHealthy: Math.max(0, expectedPods - scaled(maxUnavailable ?? 0, expectedPods)) };
}

function expectedByControllers(api: Api, pods: readonly KubeObject[]): number {
  const controllers = new Set(pods.flatMap((pod) => pod.metadata.ownerReferences?.filter(({ controller }) => controller === true).map(({ uid }) => uid) ?? []));
  return [...controllers].reduce((sum, uid) => sum + Number(api.context.store.findByUid(uid)?.object.spec?.replicas ?? 0), 0);
}

const scaled = (value: number | string, total: number): number => (typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) / 100) * total));
