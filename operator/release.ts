import { apiGroup, fieldManager } from '../shared/kube/names.ts';
import type { KubePort } from './kube/port.ts';
import { resourceTypes } from './kube/types.ts';

/** The operator's own finalizer; only objects outside the cluster's namespace or Kubernetes cluster ever need it. */
const finalizer = `${apiGroup}/cleanup`;

/** Takes the operator's finalizer off every CacheCluster: after an uninstallation nobody else could. Returns how many had it. */
export async function releaseFinalizers(kube: Pick<KubePort, 'list' | 'patch'>, namespaces: readonly string[] | undefined): Promise<number> {
  let released = 0;
  for (const namespace of namespaces ?? [undefined]) {
    const { items } = await kube.list(resourceTypes.cacheCluster, { namespace });
    for (const { metadata } of items) {
      const { finalizers = [] } = metadata;
      if (!finalizers.includes(finalizer)) continue;
      const left = finalizers.filter((one) => one !== finalizer);
      const patch = { metadata: { resourceVersion: metadata.resourceVersion, finalizers: left.length > 0 ? left : null } };
      await kube.patch(resourceTypes.cacheCluster, metadata.namespace, metadata.name, patch, { fieldManager });
      released += 1;
    }
  }
  return released;
}
