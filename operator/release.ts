import { clusterFinalizer, fieldManager } from '../shared/kube/names.ts';
import type { Ports } from '../shared/ports/ports.ts';
import type { KubePort, ResourceType } from './kube/port.ts';
import { resourceTypes } from './kube/types.ts';
import { finalizer as flushFinalizer } from './namespace/plan.ts';

/** The operator's own finalizers. */
const held = [
  { type: resourceTypes.cacheCluster, finalizer: clusterFinalizer },
  { type: resourceTypes.cacheNamespace, finalizer: flushFinalizer },
] as const;

const deployment: ResourceType = { group: 'apps', version: 'v1', plural: 'deployments', kind: 'Deployment', namespaced: true };
const lookAgainMs = 250;
/** Longer than a pod of the chart has to end, shorter than the hook has. */
const looks = 300;

/** Deletes the operator's Deployment and waits until it has gone with every pod of it. False when it is still there. */
export async function takeDown(kube: Pick<KubePort, 'delete' | 'get'>, timers: Ports['timers'], namespace: string, name: string): Promise<boolean> {
  await kube.delete(deployment, namespace, name, { propagationPolicy: 'Foreground' });
  for (let look = 0; look < looks; look += 1) {
    if ((await kube.get(deployment, namespace, name)) === undefined) return true;
    await new Promise<void>((resolve) => void timers.after(lookAgainMs, resolve, { keepAlive: true }));
  }
  return false;
}

/** Takes the operator's finalizers off everything: after an uninstallation nobody else could. Returns how many objects had one. */
export async function releaseFinalizers(kube: Pick<KubePort, 'list' | 'patch'>, namespaces: readonly string[] | undefined): Promise<number> {
  let released = 0;
  for (const namespace of namespaces ?? [undefined]) {
    for (const { type, finalizer } of held) {
      const { items } = await kube.list(type, { namespace });
      for (const { metadata } of items) {
        const { finalizers = [] } = metadata;
        if (!finalizers.includes(finalizer)) continue;
        const left = finalizers.filter((one) => one !== finalizer);
        const patch = { metadata: { resourceVersion: metadata.resourceVersion, finalizers: left.length > 0 ? left : null } };
        await kube.patch(type, metadata.namespace, metadata.name, patch, { fieldManager });
        released += 1;
      }
    }
  }
  return released;
}
