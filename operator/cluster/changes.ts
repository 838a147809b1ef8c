import type { KubeObject } from '../kube/port.ts';
import { parseQuantity } from '../../shared/resources/quantity.ts';
import { specOf } from './observed.ts';
import { find, type StepInput, type Wait } from './step.ts';

/** Volumes that are not as the spec asks for. */
export function pendingVolumes(input: StepInput): Wait | undefined {
  const sets = runningSets(input);
  const claims = sets.filter(({ running, wanted }) => claimSize(running) !== claimSize(wanted));
  if (claims.length > 0) return { reason: 'WaitingForVolumes', message: `spec.storage differs from the volumes of ${claims.length} of ${sets.length} StatefulSets: changing them is not carried out by this version of the operator, so nothing is changed` };
  return undefined;
}

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
