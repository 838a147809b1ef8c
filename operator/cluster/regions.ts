import type { KubeObject, ResourceType } from '../kube/port.ts';
import { resourceTypes } from '../kube/types.ts';
import { shardsOf } from './health.ts';
import { identityOf } from './intent.ts';
import { classify, regionOf } from './observed.ts';
import { act, nothing, together, wait, type StepInput, type StepResult } from './step.ts';

/** Step: takes down what belongs to regions that are no longer in the spec, once the regions that stay serve every slot. */
export function removedRegions(input: StepInput): StepResult {
  const { observed, intent } = input;
  const kept = new Set(intent.regions.map(({ name }) => name));
  const identity = identityOf(observed.cluster);
  const ours = [...observed.objects.values()].filter((object) => classify(object, identity).kind === 'ours');
  const gone = ours.filter((object) => isOfRemoved(object, kept));
  const names = [...new Set([...gone, ...observed.pods].filter((object) => isOfRemoved(object, kept)).map((object) => regionOf(object) ?? ''))].toSorted();
  if (names.every((name) => gone.every((object) => regionOf(object) !== name || isRetained(object, intent.retainData)))) return nothing;
  const unserved = shardsOf(observed, intent).filter((shard) => !shard.served);
  if (unserved.length > 0) return wait('RemovingRegion', `region ${names.join(', ')} stays until the others serve: ${unserved.length} of their shards have no ready primary`);
  // One region after the other.
  const results = names.map((name) => removeRegion(input, name, gone.filter((object) => regionOf(object) === name)));
  return results.find((result) => result.actions.length + result.waits.length > 0) ?? nothing;
}

const isOfRemoved = (object: KubeObject, kept: ReadonlySet<string>): boolean => {
  const region = regionOf(object);
  return region !== undefined && !kept.has(region);
};

/** Workloads first; Leases and map last, when nobody is left who could hold their epochs. RetainData keeps those. */
function removeRegion(input: StepInput, region: string, objects: readonly KubeObject[]): StepResult {
  const { observed, intent } = input;
  const pods = observed.pods.filter((pod) => regionOf(pod) === region);
  const sets = objects.filter((object) => object.kind === 'StatefulSet');
  const remove = (some: readonly KubeObject[], irreversible: boolean): StepResult => act(...some.map((object) => ({ kind: 'delete', type: typeOf(object), object, irreversible }) as const));
  if (sets.length > 0) return together([remove(sets, true), wait('RemovingRegion', `region ${region}: ${sets.length} StatefulSets to delete`)]);
  if (pods.length > 0) return wait('RemovingRegion', `region ${region}: ${pods.length} pods are still stopping`);
  const last = objects.filter((object) => isAuthority(object));
  const rest = objects.filter((object) => !isAuthority(object) && object.kind !== 'PersistentVolumeClaim');
  if (rest.length > 0) return together([remove(rest, false), wait('RemovingRegion', `region ${region}: ${rest.length} objects to delete`)]);
  return intent.retainData ? nothing : remove(last, true);
}

/** Volumes go with their set or stay, as the set's retention policy says. */
const isRetained = (object: KubeObject, retainData: boolean): boolean => object.kind === 'PersistentVolumeClaim' || (retainData && isAuthority(object));

const isAuthority = (object: KubeObject): boolean => object.kind === 'Lease' || (object.kind === 'ConfigMap' && object.metadata.name.endsWith('-slots'));

const typeOf = (object: KubeObject): ResourceType => {
  const type = Object.values(resourceTypes).find(({ kind }) => kind === object.kind);
  if (!type) throw new Error(`no resource type for kind ${object.kind}`);
  return type;
};
