import { leaseConfigSchema } from '../../shared/kube/documents.ts';
import { annotations } from '../../shared/kube/names.ts';
import { primaryOf } from '../actions/execute.ts';
import type { KubeObject } from '../kube/port.ts';
import { specOf } from './observed.ts';

/** Why no node serves from this Lease: somebody edited it by hand. Undefined while it makes sense; nodes judge by the same rules. */
export function leaseFault(lease: KubeObject): string | undefined {
  const epoch = Number(specOf(lease).leaseTransitions ?? 0);
  const text = lease.metadata.annotations?.[annotations.config];
  if (!Number.isSafeInteger(epoch) || epoch < 0) return `leaseTransitions ${String(specOf(lease).leaseTransitions)} is not an epoch`;
  if (text === undefined) return epoch === 0 && primaryOf(lease) === undefined ? undefined : `the annotation ${annotations.config} is missing`;
  const { success, data } = leaseConfigSchema.safeParse(parsed(text));
  if (!success) return `the annotation ${annotations.config} is not a configuration of copies`;
  return memberFault(lease, epoch, data.isr, data.incarnations);
}

/** Undefined where the Lease makes no sense. */
export const epochOf = (lease: KubeObject): number | undefined => (leaseFault(lease) === undefined ? Number(specOf(lease).leaseTransitions ?? 0) : undefined);

function memberFault(lease: KubeObject, epoch: number, isr: readonly string[], incarnations: Readonly<Record<string, string>>): string | undefined {
  const primary = primaryOf(lease);
  const prefix = `${lease.metadata.name}-`;
  const stranger = isr.find((pod) => !pod.startsWith(prefix) || !/^\d+$/.test(pod.slice(prefix.length)));
  if (stranger !== undefined) return `"${stranger}" is no pod of this shard`;
  if (new Set(isr).size !== isr.length) return 'a copy is in sync twice';
  const nameless = isr.find((pod) => incarnations[pod] === undefined);
  if (nameless !== undefined) return `"${nameless}" is in sync without an incarnation`;
  if (primary !== undefined && epoch === 0) return 'a primary in epoch 0';
  return primary === undefined || isr.includes(primary) ? undefined : `the primary "${primary}" is not in sync`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
