import type { KubeObject, KubePort } from '../operator/kube/port.ts';
import { resourceTypes } from '../operator/kube/types.ts';
import type { CacheNamespaceStatus } from '../shared/resources/cache-namespace/resource.ts';
import type { Change } from './report/lines.ts';

type State = Omit<Extract<Change, { change: 'namespace' }>, 'change' | 'namespace' | 'name'>;

/** What there is to say of a CacheNamespace; undefined while the operator has not looked at its newest spec, or is pushing it. */
function stateOf({ metadata, status }: KubeObject): State | undefined {
  const { observedGeneration, conditions = [], wireName = metadata.name, revision } = (status ?? {}) as CacheNamespaceStatus;
  const ready = conditions.find(({ type }) => type === 'Ready');
  if (ready === undefined || observedGeneration !== metadata.generation || ready.reason === 'Pushing' || ready.reason === 'Deleting') return undefined;
  return { state: ready.status === 'True' ? 'in force' : 'waiting', message: ready.status === 'True' ? `keys ${wireName}:*, revision ${revision}` : `${ready.reason}: ${ready.message}` };
}

/** Follows every CacheNamespace and tells what people want to hear: in force with which keys, what it waits for, deleted. */
export function followNamespaces(kube: KubePort, tell: (change: Change) => void) {
  const settled = new Map<string, string | undefined>();
  const told = new Map<string, string>();
  const waiters = new Set<() => void>();

  function consider(object: KubeObject): void {
    const { name, namespace = 'default', generation } = object.metadata;
    const key = `${namespace}/${name}`;
    const state = stateOf(object);
    settled.set(key, state?.state);
    const text = `${generation} ${state?.state} ${state?.message}`;
    if (state === undefined || told.get(key) === text) return;
    told.set(key, text);
    tell({ change: 'namespace', namespace, name, ...state });
  }

  function forget(object: KubeObject): void {
    const { name, namespace = 'default' } = object.metadata;
    settled.delete(`${namespace}/${name}`);
    told.delete(`${namespace}/${name}`);
    tell({ change: 'namespace', namespace, name, state: 'deleted' });
  }

  let stopWatch = (): void => undefined;
  const start = async (): Promise<void> => {
    const list = await kube.list(resourceTypes.cacheNamespace);
    stopWatch = kube.watch(resourceTypes.cacheNamespace, { resourceVersion: list.resourceVersion }, {
      event(event) {
        if (event.type === 'BOOKMARK') return;
        if (event.type === 'DELETED') forget(event.object);
        else consider(event.object);
        for (const waiter of [...waiters]) waiter();
      },
      end: () => void start(),
    });
  };

  return {
    start,
    /** Resolves once each of these is in force or says what it waits for. */
    whenSettled(keys: readonly string[]): Promise<void> {
      return new Promise((resolve) => {
        const check = (): void => {
          if (keys.some((key) => settled.get(key) === undefined)) return;
          waiters.delete(check);
          resolve();
        };
        waiters.add(check);
        check();
      });
    },
    stop: () => stopWatch(),
  };
}
