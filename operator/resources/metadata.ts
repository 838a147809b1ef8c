import { apiGroup, apiVersion, fieldManager, labels } from '../../shared/kube/names.ts';
import type { ObjectMeta } from '../kube/port.ts';
import type { ClusterIntent } from './intent.ts';

/** Where an object belongs below its cluster. */
export interface Place {
  readonly region?: string;
  readonly shard?: number;
}

/** Every object of ours carries it: the operator's caches hold nothing else. */
export const managedSelector = `${labels.managedBy}=${fieldManager}`;

export function labelsOf(intent: Pick<ClusterIntent, 'name' | 'uid'>, place: Place = {}): Record<string, string> {
  return {
    [labels.name]: 'meridian',
    [labels.instance]: intent.name,
    [labels.managedBy]: fieldManager,
    [labels.cluster]: intent.name,
    [labels.clusterUid]: intent.uid,
    ...selectorOf(intent, place),
  };
}

/** What selects the pods of a cluster, region or shard; immutable in a StatefulSet, so nothing that can change is in it. */
export function selectorOf(intent: Pick<ClusterIntent, 'name'>, place: Place = {}): Record<string, string> {
  return {
    [labels.cluster]: intent.name,
    ...(place.region === undefined ? {} : { [labels.region]: place.region }),
    ...(place.shard === undefined ? {} : { [labels.shard]: String(place.shard) }),
  };
}

/** The CacheCluster as owner: it lives in the same Kubernetes cluster and namespace as everything built here. */
export function ownedBy(intent: Pick<ClusterIntent, 'name' | 'uid'>): NonNullable<ObjectMeta['ownerReferences']> {
  return [{ apiVersion: `${apiGroup}/${apiVersion}`, kind: 'CacheCluster', name: intent.name, uid: intent.uid, controller: true }];
}

export function metadataOf(intent: ClusterIntent, name: string, place: Place = {}): ObjectMeta {
  return { name, namespace: intent.namespace, labels: labelsOf(intent, place), ownerReferences: ownedBy(intent) };
}

/** Leases, ownership maps and the auth Secret outlive the cluster with `deletionPolicy: RetainData`: then nothing owns them. */
export function retainableMetadataOf(intent: ClusterIntent, name: string, place: Place = {}): ObjectMeta {
  const { ownerReferences, ...rest } = metadataOf(intent, name, place);
  return intent.retainData ? rest : { ...rest, ownerReferences };
}
