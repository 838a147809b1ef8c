import { annotations } from '../../shared/kube/names.ts';
import type { KubeObject } from '../kube/port.ts';
import { containerMemoryBytes } from '../resources/memory-limit.ts';
import { parseQuantity } from '../../shared/resources/quantity.ts';
import { imageOf } from './intent.ts';
import { memoryLimitOf } from './memory.ts';
import { specOf } from './observed.ts';
import { find, type StepInput, type Wait } from './step.ts';
import { hashOfTemplate } from './workloads.ts';

/** Pods that do not run what the spec asks for, and what they wait for. */
export function pendingRoll(input: StepInput): Wait | undefined {
  const sets = runningSets(input);
  const outdated = sets.filter(({ running, wanted }) => hashOfTemplate(running) !== hashOfTemplate(wanted));
  if (outdated.length > 0) {
    const { running, wanted } = outdated[0];
    const images = imageOf(running) === imageOf(wanted) ? '' : ` (image ${imageOf(running)} to ${imageOf(wanted)})`;
    return { reason: 'WaitingForRoll', message: `${outdated.length} of ${sets.length} StatefulSets have another pod template than the spec asks for${images}: replacing running pods is not carried out by this version of the operator, so nothing is changed` };
  }
  const claims = sets.filter(({ running, wanted }) => claimSize(running) !== claimSize(wanted));
  if (claims.length > 0) return { reason: 'WaitingForVolumes', message: `spec.storage differs from the volumes of ${claims.length} of ${sets.length} StatefulSets: changing them is not carried out by this version of the operator, so nothing is changed` };
  const memory = containerMemoryBytes(input.intent.memoryBytes);
  const small = input.observed.pods.filter((pod) => isCurrent(pod) && memoryLimitOf(pod).some((limit) => limit !== memory));
  if (small.length > 0) return { reason: 'WaitingForResize', message: `${small.length} pods run with an earlier memory limit; each gets the new one when it is next recreated` };
  return undefined;
}

const isCurrent = (pod: KubeObject): boolean => pod.metadata.deletionTimestamp === undefined && pod.metadata.annotations?.[annotations.templateHash] !== undefined;

function runningSets(input: StepInput): readonly { readonly running: KubeObject; readonly wanted: KubeObject }[] {
  return input.sets.flatMap(({ wanted }) => {
    const found = find(input, 'StatefulSet', wanted.metadata.name);
    return found.kind === 'ours' ? [{ running: found.object, wanted }] : [];
  });
}

/** Canonical size of the data volume in billionths of a byte; '' without one. */
function claimSize(set: KubeObject): string {
  const claims = specOf(set).volumeClaimTemplates as readonly { readonly spec?: { readonly resources?: { readonly requests?: { readonly storage?: string } } } }[] | undefined;
  const quantity = parseQuantity(claims?.[0]?.spec?.resources?.requests?.storage ?? '');
  return quantity === undefined ? '' : String(quantity.nanos);
}
