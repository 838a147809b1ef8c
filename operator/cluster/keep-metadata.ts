import type { KubeObject, ObjectMeta, ResourceType } from '../kube/port.ts';
import { labelsOf, type Place } from '../resources/metadata.ts';
import { differs } from './drift.ts';
import { act, nothing, type StepInput, type StepResult } from './step.ts';

/**
 * Labels and owner of an object whose content is not applied (Leases, maps, secrets). With RetainData nothing owns it: else
 * garbage collection would take it along with the cluster.
 */
export function keepMetadata(input: StepInput, type: ResourceType, object: KubeObject, place: Place, ownerReferences: ObjectMeta['ownerReferences']): StepResult {
  const wanted = { labels: labelsOf(input.intent, place), ownerReferences };
  const { metadata } = object;
  const owned = ownerReferences ? !differs(ownerReferences, metadata.ownerReferences) : (metadata.ownerReferences ?? []).length === 0;
  return owned && !differs(wanted.labels, metadata.labels) ? nothing : act({ kind: 'patch-metadata', type, object, metadata: wanted });
}
