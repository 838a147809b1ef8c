import { labels } from '../../shared/kube/names.ts';
import type { Action } from '../actions/action.ts';
import type { KubeObject, ObjectMeta } from '../kube/port.ts';
import { resourceTypes } from '../kube/types.ts';
import { hashOf } from '../resources/canonical.ts';
import { lease, newbornLease } from '../resources/lease.ts';
import { labelsOf, ownedBy } from '../resources/metadata.ts';
import { identityOf } from './intent.ts';
import { classify, regionOf, shardOf, specOf, type Identity } from './observed.ts';
import { act, wait, type StepInput, type StepResult } from './step.ts';

/** Nobody who still holds an epoch of the earlier cluster may be believed by the new one. */
const epochGap = 1000;

/**
 * Step: what a cluster of the same name has left. Its pods must be gone before anything is made: they may still hold the Leases
 * of these names. What RetainData has kept (volumes, Leases, maps, the auth Secret) is taken over where the annotation names its
 * UID; while that runs, nothing else is made.
 */
export function adoption(input: StepInput): StepResult {
  const { observed } = input;
  const identity = identityOf(observed.cluster);
  const sets = [...observed.objects.values()].filter((object) => object.kind === 'StatefulSet' && isEarlier(object, identity));
  const names = [...sets, ...observed.earlierPods].map(({ metadata }) => metadata.name);
  if (names.length > 0) return wait('WaitingForDeletion', `${names.length} pods and StatefulSets of an earlier cluster of this name are still there: ${names.slice(0, 3).join(', ')}${names.length > 3 ? ' …' : ''}`);
  const left = [...observed.objects.values()].filter((object) => classify(object, identity).kind === 'adoptable');
  return act(...left.flatMap((object) => takeOver(input, object)));
}

/** One that nothing owns and nobody asked to adopt will not go by itself: that is a foreign object. */
function isEarlier(set: KubeObject, identity: Identity): boolean {
  return set.metadata.labels?.[labels.clusterUid] !== identity.uid && ['leaving', 'adoptable'].includes(classify(set, identity).kind);
}

function takeOver(input: StepInput, object: KubeObject): Action[] {
  const { intent } = input;
  const place = { region: regionOf(object), shard: shardOf(object) };
  const ownerReferences = intent.retainData ? undefined : ownedBy(intent);
  const metadata: ObjectMeta = { ...object.metadata, labels: { ...object.metadata.labels, ...labelsOf(intent, place) }, ownerReferences };
  switch (object.kind) {
    case 'Lease':
      return place.region === undefined || place.shard === undefined ? [] : [{ kind: 'replace', type: resourceTypes.lease, object: raised(input, object, metadata, place.region, place.shard) }];
    case 'ConfigMap':
      return [{ kind: 'replace', type: resourceTypes.configMap, object: { ...object, metadata } }];
    case 'Secret':
      return [{ kind: 'replace', type: resourceTypes.secret, object: { ...object, metadata } }];
    case 'PersistentVolumeClaim':
      // Its set owns or keeps it; only the label says whose it is.
      return [{ kind: 'patch-metadata', type: resourceTypes.persistentVolumeClaim, object, metadata: { labels: metadata.labels, ownerReferences: object.metadata.ownerReferences } }];
    default:
      return [];
  }
}

/** Its pods are gone and with them what they held in memory: the shard begins anew, above every epoch that was. */
function raised(input: StepInput, object: KubeObject, metadata: ObjectMeta, region: string, shard: number): KubeObject {
  const before = Number(specOf(object).leaseTransitions ?? 0);
  const epoch = (Number.isSafeInteger(before) ? before : 0) + epochGap;
  const { config } = newbornLease(hashOf([input.intent.uid, object.metadata.name, epoch]));
  const built = lease(input.intent, region, shard, { epoch, config });
  return { ...built, metadata: { ...metadata, annotations: { ...metadata.annotations, ...built.metadata.annotations } } };
}
