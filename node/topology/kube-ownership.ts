import type { KubeRequester } from '../../shared/io/kube-request.ts';
import type { OwnershipMap } from '../../shared/kube/documents.ts';
import { ownershipKey, slotsConfigMap } from '../../shared/kube/names.ts';
import { parseOwnershipText } from './ownership.ts';

/** Quorum read of the ownership map. Rejects with what is wrong: no answer, no such object, a map that makes no sense. */
export type ReadOwnership = () => Promise<OwnershipMap>;

export function kubeOwnership(kube: KubeRequester, place: { readonly namespace: string; readonly cluster: string; readonly region: string }): ReadOwnership {
  const name = slotsConfigMap(place.cluster, place.region);
  return async () => {
    const { status, body } = await kube.send('GET', `/api/v1/namespaces/${place.namespace}/configmaps/${name}`);
    if (status !== 200) throw new Error(`the API server answered ${status} for ConfigMap ${name}`);
    const text = (body as { data?: Record<string, string> }).data?.[ownershipKey];
    const map = text === undefined ? `has no ${ownershipKey}` : parseOwnershipText(text);
    if (typeof map === 'string') throw new Error(`ConfigMap ${name} ${map}`);
    return map;
  };
}
