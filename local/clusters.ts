import type { KubeObject, KubePort } from '../operator/kube/port.ts';
import { resourceTypes } from '../operator/kube/types.ts';
import { isReady, pendingOf, reportOf, waitingFor, type ClusterReport } from './report/cluster-report.ts';
import type { Change } from './report/lines.ts';
import type { PortPlan } from './port-plan.ts';

/** Follows every CacheCluster and tells what people want to hear: ready, no longer ready and why, deleted. */
export function followClusters(kube: KubePort, plan: PortPlan, tell: (change: Change) => void) {
  const clusters = new Map<string, KubeObject>();
  const told = new Map<string, string>();
  const waiters = new Set<() => void>();

  const consider = (key: string, object: KubeObject): void => {
    const ready = isReady(object);
    const message = waitingFor(object);
    if (!ready && message === undefined) return;
    // A generation that settles again is news, a status that says the same is not.
    const pending = pendingOf(object);
    const text = ready ? `ready ${object.metadata.generation} ${pending ?? ''}` : `waiting ${message}`;
    if (told.get(key) === text) return;
    told.set(key, text);
    const { name, namespace = 'default' } = object.metadata;
    tell(ready ? { change: 'ready', cluster: reportOf(object, plan), ...(pending === undefined ? {} : { pending }) } : { change: 'waiting', namespace, name, message: message ?? '' });
  };

  let stopWatch = (): void => undefined;
  const start = async (): Promise<void> => {
    const list = await kube.list(resourceTypes.cacheCluster);
    stopWatch = kube.watch(resourceTypes.cacheCluster, { resourceVersion: list.resourceVersion }, {
      event(event) {
        if (event.type === 'BOOKMARK') return;
        const key = `${event.object.metadata.namespace}/${event.object.metadata.name}`;
        if (event.type === 'DELETED') {
          clusters.delete(key);
          told.delete(key);
          tell({ change: 'deleted', namespace: event.object.metadata.namespace ?? 'default', name: event.object.metadata.name });
        } else {
          clusters.set(key, event.object);
          consider(key, event.object);
        }
        for (const waiter of [...waiters]) waiter();
      },
      end: () => void start(),
    });
  };

  return {
    start,
    /** Resolves once every cluster named is ready. */
    whenReady(keys: readonly string[]): Promise<readonly ClusterReport[]> {
      return new Promise((resolve) => {
        const check = (): void => {
          const found = keys.map((key) => clusters.get(key));
          if (!found.every((object) => object !== undefined && isReady(object))) return;
          waiters.delete(check);
          resolve(found.map((object) => reportOf(object as KubeObject, plan)));
        };
        waiters.add(check);
        check();
      });
    },
    stop: () => stopWatch(),
  };
}
