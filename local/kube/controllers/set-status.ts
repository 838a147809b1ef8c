import type { KubeObject } from '../../../operator/kube/port.ts';
import { resourceTypes } from '../../../operator/kube/types.ts';
import { deepEqual } from '../../../shared/resources/admission/json.ts';
import type { Api } from '../api/api.ts';
import { isReadyPod } from '../pods/conditions.ts';
import { setSpecOf } from './set-pods.ts';

export function updateSetStatus(api: Api, set: KubeObject, pods: readonly KubeObject[], updateRevision: string): void {
  const old = (set.status ?? {}) as { currentRevision?: string };
  const present = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  const ready = present.filter(isReadyPod);
  const ofRevision = (revision: string): number => present.filter((pod) => pod.metadata.labels?.['controller-revision-hash'] === revision).length;
  const { replicas, rolling } = setSpecOf(set);
  const updated = ofRevision(updateRevision);
  // With OnDelete the current revision stays the first one, as in Kubernetes.
  const rolled = rolling && updated === replicas && ready.length === replicas && pods.length === replicas;
  const currentRevision = rolled ? updateRevision : (old.currentRevision ?? updateRevision);
  const status = {
    observedGeneration: set.metadata.generation,
    replicas: pods.length,
    readyReplicas: ready.length,
    availableReplicas: ready.length,
    currentReplicas: ofRevision(currentRevision),
    updatedReplicas: updated,
    currentRevision,
    updateRevision,
    collisionCount: 0,
  };
  if (deepEqual(status, set.status)) return;
  api.replace(resourceTypes.statefulSet, { ...set, status }, { subresource: 'status', manager: 'kube-controller-manager' });
}
