import type { KubeObject, KubePort, ResourceType } from '../../../operator/kube/port.ts';
import { resourceTypes } from '../../../operator/kube/types.ts';

/** A Kubernetes under test: API server and controllers, nobody who runs pods (`becomeReady` stands in for the kubelet). */
export interface Subject {
  readonly port: KubePort;
  /** A fresh namespace. */
  namespace(): Promise<string>;
  /** A resource version so old that a watch from it is told 410. */
  forgottenVersion(): Promise<string>;
  close(): Promise<void>;
}

export type OpenSubject = () => Promise<Subject>;

const patienceMs = 30_000;

/** The first state of a namespace's objects of one kind that `wanted` accepts: listed, then watched. */
export async function until(port: KubePort, type: ResourceType, namespace: string, what: string, wanted: (objects: readonly KubeObject[]) => boolean): Promise<readonly KubeObject[]> {
  const objects = new Map<string, KubeObject>();
  const { items, resourceVersion } = await port.list(type, { namespace });
  for (const item of items) objects.set(item.metadata.name, item);
  const now = (): readonly KubeObject[] => [...objects.values()].toSorted((left, right) => (left.metadata.name < right.metadata.name ? -1 : 1));
  if (wanted(now())) return now();
  return await new Promise((resolve, reject) => {
    const finish = (act: () => void): void => {
      clearTimeout(timer);
      stop();
      act();
    };
    const timer = setTimeout(() => finish(() => reject(new Error(`waited in vain for: ${what}; there is ${JSON.stringify(now(), undefined, 1)}`))), patienceMs);
    const stop = port.watch(type, { namespace, resourceVersion }, {
      event(event) {
        if (event.type === 'BOOKMARK') return;
        const { name } = event.object.metadata;
        if (event.type === 'DELETED') objects.delete(name);
        else objects.set(name, event.object);
        if (wanted(now())) finish(() => resolve(now()));
      },
      end: (error) => finish(() => reject(error ?? new Error('the watch ended'))),
    });
  });
}

/** Until an object is as `wanted` says. */
export async function untilObject(port: KubePort, type: ResourceType, namespace: string, name: string, what: string, wanted: (object: KubeObject) => boolean): Promise<KubeObject> {
  const found = (objects: readonly KubeObject[]): KubeObject | undefined => objects.find((object) => object.metadata.name === name);
  const objects = await until(port, type, namespace, what, (all) => {
    const object = found(all);
    return object !== undefined && wanted(object);
  });
  return found(objects) as KubeObject;
}

export const untilGone = async (port: KubePort, type: ResourceType, namespace: string, name: string): Promise<void> => {
  await until(port, type, namespace, `${name} gone`, (objects) => objects.every((object) => object.metadata.name !== name));
};

/** What a kubelet would write of a pod that serves (or does not). */
export async function becomeReady(port: KubePort, namespace: string, name: string, ready = true): Promise<void> {
  const now = '2026-01-01T00:00:00Z';
  const value = ready ? 'True' : 'False';
  const conditions = ['Ready', 'ContainersReady'].map((type) => ({ type, status: value, lastTransitionTime: now }));
  await port.patch(resourceTypes.pod, namespace, name, { status: { phase: 'Running', conditions } }, { subresource: 'status' });
}

export const configMap = (namespace: string, name: string, more: Partial<KubeObject> & { readonly labels?: Record<string, string> } = {}): KubeObject => {
  const { labels, metadata, ...rest } = more;
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, ...(labels ? { labels } : {}), ...metadata }, ...rest };
};

/** The KubeError of work that must fail. */
export async function failureOf(work: Promise<unknown>): Promise<{ readonly code?: number; readonly reason?: string; readonly message: string; readonly causes?: readonly { readonly field?: string }[] }> {
  try {
    await work;
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not fail');
}
