import { apiGroup, fieldManager } from '../shared/kube/names.ts';
import type { KubePort } from './kube/port.ts';
import { resourceTypes } from './kube/types.ts';
import { finalizer as flushFinalizer } from './namespace/plan.ts';

/** The operator's own finalizers: on CacheClusters only objects outside their namespace or Kubernetes cluster ever need one. */
const held = [
  { type: resourceTypes.cacheCluster, finalizer: `${apiGroup}/cleanup` },
  { type: resourceTypes.cacheNamespace, finalizer: flushFinalizer },
] as const;

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
