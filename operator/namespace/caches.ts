import { labels } from '../../shared/kube/names.ts';
import { isRunning } from '../cluster/health.ts';
import type { KubeObject } from '../kube/port.ts';
import { resourceTypes } from '../kube/types.ts';
import { managedSelector } from '../resources/metadata.ts';
import { startInformer, type Change, type InformerOptions } from '../runtime/informer.ts';
import { keyOf, objectKey, splitKey } from '../runtime/object-key.ts';
import { targetOf } from './observed.ts';

export interface Caches {
  whenSynced(): Promise<boolean>;
  cluster(key: string): KubeObject | undefined;
  /** Every CacheNamespace that points to the cluster. */
  namespaces(key: string): readonly KubeObject[];
  /** The cluster's pods that run. */
  pods(key: string): readonly KubeObject[];
  stop(): void;
}

const byCluster = 'cluster';

/** Mirrors of what the namespaces of a cluster are decided from; `changed` names the cluster that has something new. */
export function startCaches(options: Omit<InformerOptions, 'type'> & { readonly changed: (key: string) => void }): Caches {
  const { changed, ...shared } = options;
  const namespaces = startInformer({ ...shared, type: resourceTypes.cacheNamespace, indices: { [byCluster]: (object) => [targetOf(object)] } });
  const clusters = startInformer({ ...shared, type: resourceTypes.cacheCluster });
  const pods = startInformer({ ...shared, type: resourceTypes.pod, labelSelector: managedSelector, keep: essenceOf, indices: { [byCluster]: clusterOf } });
  const all = [namespaces, clusters, pods];
  const isNews = (change: Change): boolean => change.kind !== 'modified' || decisive(change.object) !== decisive(change.previous);
  namespaces.onChange((change) => {
    if (isNews(change)) changed(targetOf(change.object));
  });
  clusters.onChange((change) => {
    if (isNews(change)) changed(keyOf(change.object));
  });
  pods.onChange((change) => {
    if (change.kind !== 'modified' || whereOf(change.object) !== whereOf(change.previous)) clusterOf(change.object).forEach(changed);
  });
  return {
    whenSynced: async () => (await Promise.all(all.map((informer) => informer.whenSynced()))).every(Boolean),
    cluster(key) {
      const { namespace, name } = splitKey(key);
      return clusters.store.get(namespace, name);
    },
    namespaces: (key) => namespaces.store.by(byCluster, key),
    pods: (key) => pods.store.by(byCluster, key).filter(isRunning),
    stop: () => all.forEach((informer) => informer.stop()),
  };
}

function clusterOf(object: KubeObject): readonly string[] {
  const name = object.metadata.labels?.[labels.cluster];
  return name === undefined ? [] : [objectKey(object.metadata.namespace, name)];
}

/** Of what a change of makes a difference here: not the status, which is ours. */
const decisive = ({ metadata }: KubeObject): string => `${metadata.uid} ${metadata.generation} ${metadata.deletionTimestamp} ${metadata.finalizers?.join()}`;

const whereOf = (pod: KubeObject): string => `${pod.metadata.uid} ${String(pod.status?.podIP)} ${isRunning(pod)}`;

/** Pods are many, and little of them is needed here. */
function essenceOf(pod: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, labels: own, deletionTimestamp } = pod.metadata;
  return { apiVersion: pod.apiVersion, kind: pod.kind, metadata: { name, namespace, uid, resourceVersion, labels: own, deletionTimestamp }, status: { phase: pod.status?.phase, podIP: pod.status?.podIP } };
}
