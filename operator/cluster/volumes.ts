import { podName } from '../../shared/kube/names.ts';
import { compareQuantities, parseQuantity, type Quantity } from '../../shared/resources/quantity.ts';
import type { KubeObject } from '../kube/port.ts';
import { resourceTypes } from '../kube/types.ts';
import { specOf } from './observed.ts';
import { act, find, nothing, together, wait, type StepInput, type StepResult, type Wait, type WantedSet } from './step.ts';

/**
 * Step: volumes grow with spec.storage. The claims of the pods first; then the set, whose claim template cannot change, is deleted
 * without its pods and made anew with the new one: they go on running and it adopts them.
 */
export function grownVolumes(input: StepInput): StepResult {
  return together(input.sets.map((set) => grow(input, set)));
}

function grow(input: StepInput, { region, shard, wanted }: WantedSet): StepResult {
  const found = find(input, 'StatefulSet', wanted.metadata.name);
  const size = claimSize(wanted);
  if (found.kind !== 'ours' || !size || !isSmaller(claimSize(found.object), size)) return nothing;
  const text = input.intent.storage?.size ?? '';
  const names = Array.from({ length: Number(specOf(found.object).replicas ?? 1) }, (_, index) => `data-${podName(input.intent.name, region.name, shard, index)}`);
  const small = names.flatMap((name) => {
    const claim = find(input, 'PersistentVolumeClaim', name);
    return claim.kind === 'ours' && isSmaller(requestOf(claim.object), size) ? [claim.object] : [];
  });
  if (small.length > 0) return act(...small.map((object) => ({ kind: 'grow-claim', object, storage: text }) as const));
  // What is made anew has as many pods as the spec asks for: fewer must have been taken away in order before.
  if (names.length !== 1 + region.replicas) return wait('GrowingVolumes', `StatefulSet ${wanted.metadata.name} is to have ${1 + region.replicas} pods before it is made anew with larger volumes`);
  return act({ kind: 'delete', type: resourceTypes.statefulSet, object: found.object, irreversible: true, orphan: true });
}

/** Volumes that are not as the spec asks for, and stay so. */
export function pendingVolumes(input: StepInput): Wait | undefined {
  const sets = input.sets.flatMap(({ wanted }) => {
    const found = find(input, 'StatefulSet', wanted.metadata.name);
    return found.kind === 'ours' ? [{ has: claimSize(found.object), wanted: claimSize(wanted) }] : [];
  });
  const growing = sets.filter(({ has, wanted }) => wanted && isSmaller(has, wanted));
  if (growing.length > 0) return { reason: 'GrowingVolumes', message: `the volumes of ${growing.length} of ${sets.length} StatefulSets are growing` };
  const other = sets.filter(({ has, wanted }) => (has === undefined) !== (wanted === undefined));
  if (other.length > 0) return { reason: 'WaitingForVolumes', message: `spec.storage was ${other[0].wanted ? 'added to' : 'taken from'} a cluster that was made ${other[0].wanted ? 'without' : 'with'} it: ${other.length} of ${sets.length} StatefulSets keep what they have; make a new cluster and move the keys` };
  return undefined;
}

/** Size that the set gives the data volume of a new pod; undefined without one. */
function claimSize(set: KubeObject): Quantity | undefined {
  const claims = specOf(set).volumeClaimTemplates as readonly Pick<KubeObject, 'spec'>[] | undefined;
  return claims?.[0] && requestOf(claims[0]);
}

function requestOf({ spec }: Pick<KubeObject, 'spec'>): Quantity | undefined {
  const { requests } = (spec?.resources ?? {}) as { readonly requests?: { readonly storage?: string } };
  return parseQuantity(requests?.storage ?? '');
}

const isSmaller = (a: Quantity | undefined, b: Quantity): boolean => a !== undefined && compareQuantities(a, b) < 0;
