import type { KubeObject } from '../../../operator/kube/port.ts';
import { resourceTypes } from '../../../operator/kube/types.ts';
import type { Api } from '../api/api.ts';
import { isReadyPod } from '../pods/conditions.ts';
import { type LabelSelector, matcherOf } from '../selectors/labels.ts';
import { type Controller, createKeyQueue } from './queue.ts';
import { keepClaims } from './set-claims.ts';
import { ownedBy, podOf, ordinalOf, revisionOf, setSpecOf } from './set-pods.ts';
import { updateSetStatus } from './set-status.ts';

const manager = { manager: 'kube-controller-manager' };

/**
 * StatefulSets: Parallel and OrderedReady, OnDelete and RollingUpdate (from the highest ordinal, one at a time). A pod that is gone
 * comes back under its name with a new UID; pods of nobody that match the selector are adopted.
 */
export function startStatefulSetController(api: Api): Controller {
  const { store, ports } = api.context;
  const queue = createKeyQueue(ports, (key) => {
    const [namespace, name] = key.split('/');
    const set = api.find(resourceTypes.statefulSet, namespace, name);
    if (set) syncSet(api, set);
  });
  const unsubscribe = store.subscribe(({ kind, object }) => {
    const { namespace, name, ownerReferences = [] } = object.metadata;
    if (kind.kind === 'StatefulSet') queue.add(`${namespace}/${name}`);
    if (kind.kind !== 'Pod' && kind.kind !== 'PersistentVolumeClaim') return;
    const owner = ownerReferences.find((reference) => reference.kind === 'StatefulSet');
    if (owner) queue.add(`${namespace}/${owner.name}`);
    else for (const set of store.list(resourceTypes.statefulSet, namespace)) if (kind.kind === 'Pod' && selects(set, object)) queue.add(`${namespace}/${set.metadata.name}`);
  });
  return {
    stop() {
      unsubscribe();
      queue.stop();
    },
  };
}

const selects = (set: KubeObject, pod: KubeObject): boolean => matcherOf(set.spec?.selector as LabelSelector | undefined)(pod.metadata.labels ?? {});

function syncSet(api: Api, set: KubeObject): void {
  const revision = revisionOf(set);
  if (set.metadata.deletionTimestamp === undefined) {
    adoptOrphans(api, set);
    keepClaims(api, set);
    scalePods(api, set, revision);
  }
  const current = api.find(resourceTypes.statefulSet, set.metadata.namespace, set.metadata.name);
  if (current) updateSetStatus(api, current, podsOf(api, current), revision);
}

function podsOf(api: Api, set: KubeObject): readonly KubeObject[] {
  return api.list(resourceTypes.pod, { namespace: set.metadata.namespace }).items.filter((pod) => ownedBy(set, pod));
}

function adoptOrphans(api: Api, set: KubeObject): void {
  for (const pod of api.list(resourceTypes.pod, { namespace: set.metadata.namespace }).items) {
    const { ownerReferences = [], deletionTimestamp, namespace, name } = pod.metadata;
    const controlled = ownerReferences.some(({ controller }) => controller === true);
    if (controlled || deletionTimestamp !== undefined || !selects(set, pod) || ordinalOf(set, pod) === undefined) continue;
    const own = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: set.metadata.name, uid: set.metadata.uid, controller: true, blockOwnerDeletion: true };
    api.patch(resourceTypes.pod, namespace, name, { type: 'merge', patch: { metadata: { ownerReferences: [...ownerReferences, own] } } }, manager);
  }
}

function scalePods(api: Api, set: KubeObject, revision: string): void {
  const { replicas, start, ordered, rolling, partition } = setSpecOf(set);
  const pods = podsOf(api, set);
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod) ?? -1, pod]));
  let healthy = true;
  for (let ordinal = start; ordinal < start + replicas; ordinal += 1) {
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined) makePod(api, set, ordinal, revision);
    else if (isFinished(pod)) removePod(api, pod);
    else if (isReadyPod(pod) && pod.metadata.deletionTimestamp === undefined) continue;
    healthy = false;
    if (ordered) return;
  }
  const condemned = pods.filter((pod) => !isWanted(ordinalOf(set, pod), start, replicas)).toSorted((left, right) => (ordinalOf(set, right) ?? 0) - (ordinalOf(set, left) ?? 0));
  for (const pod of condemned) {
    if (pod.metadata.deletionTimestamp === undefined) removePod(api, pod);
    if (ordered) return;
  }
  if (rolling && healthy && condemned.length === 0) rollOne(api, set, pods, revision, partition);
}

const isWanted = (ordinal: number | undefined, start: number, replicas: number): boolean => ordinal !== undefined && ordinal >= start && ordinal < start + replicas;
const isFinished = (pod: KubeObject): boolean => pod.metadata.deletionTimestamp === undefined && (pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded');

function rollOne(api: Api, set: KubeObject, pods: readonly KubeObject[], revision: string, partition: number): void {
  const outdated = pods
    .filter((pod) => pod.metadata.labels?.['controller-revision-hash'] !== revision && (ordinalOf(set, pod) ?? 0) >= partition)
    .toSorted((left, right) => (ordinalOf(set, right) ?? 0) - (ordinalOf(set, left) ?? 0));
  if (outdated.length > 0) removePod(api, outdated[0]);
}

function makePod(api: Api, set: KubeObject, ordinal: number, revision: string): void {
  const pod = podOf(set, ordinal, revision);
  const { namespace, name } = pod.metadata;
  // Somebody else's pod of that name: wait until it is gone.
  if (!api.find(resourceTypes.pod, namespace, name)) api.create(resourceTypes.pod, pod, manager);
}

function removePod(api: Api, { metadata }: KubeObject): void {
  if (metadata.deletionTimestamp === undefined) api.remove(resourceTypes.pod, metadata.namespace, metadata.name, { uid: metadata.uid });
}
