import type { KubeObject } from '../../../operator/kube/port.ts';
import type { ApiKind } from '../kinds/api-kind.ts';
import type { ApiContext } from './context.ts';

/** What the API server itself writes into a new object of its own kinds, beyond defaults. */
export function withStartingState(context: ApiContext, kind: ApiKind, object: KubeObject): KubeObject {
  if (kind.group !== '') return kind.kind === 'StatefulSet' ? { ...object, status: { replicas: 0, availableReplicas: 0 } } : object;
  switch (kind.kind) {
    case 'Pod':
      return { ...object, status: { phase: 'Pending', qosClass: 'BestEffort' } };
    case 'Namespace':
      return {
        ...object,
        metadata: { ...object.metadata, labels: { 'kubernetes.io/metadata.name': object.metadata.name, ...object.metadata.labels } },
        spec: { finalizers: ['kubernetes'] },
        status: { phase: 'Active' },
      };
    case 'PersistentVolumeClaim':
      return { ...object, metadata: { ...object.metadata, finalizers: ['kubernetes.io/pvc-protection'] }, status: { phase: 'Pending' } };
    case 'Service':
      return { ...withAddress(context, kind, object), status: { loadBalancer: {} } };
    default:
      return object;
  }
}

/** Nobody answers there in local mode; objects look as they do in a cluster. */
function withAddress({ store }: ApiContext, kind: ApiKind, object: KubeObject): KubeObject {
  if (object.spec?.clusterIP !== undefined || object.spec?.type === 'ExternalName') return object;
  const taken = new Set(store.list(kind).map((service) => service.spec?.clusterIP));
  let number = 10;
  while (taken.has(addressOf(number))) number += 1;
  return { ...object, spec: { ...object.spec, clusterIP: addressOf(number), clusterIPs: [addressOf(number)] } };
}

const addressOf = (number: number): string => `10.96.${Math.floor(number / 250)}.${1 + (number % 250)}`;
