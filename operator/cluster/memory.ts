import { parseQuantity, quantityToNumber } from '../../shared/resources/quantity.ts';
import type { KubeObject } from '../kube/port.ts';
import { dataBytesWithin } from '../resources/memory-limit.ts';
import { regionOf } from './observed.ts';
import type { StepInput } from './step.ts';

interface Container {
  readonly name?: string;
  readonly resources?: { readonly limits?: { readonly memory?: string | number } };
}

/** The data limit that the nodes of a region are told: the spec's, but never more than a container that still runs has room for. */
export function memoryInForce({ observed, intent }: StepInput, region: string): number {
  const limits = observed.pods.filter((pod) => regionOf(pod) === region).flatMap(memoryLimitOf);
  return Math.min(intent.memoryBytes, ...limits.map(dataBytesWithin));
}

/** The container's memory limit in bytes, as the kubelet has set it where it says so; none when there is none. */
function memoryLimitOf(pod: KubeObject): number[] {
  const limitIn = (containers: unknown): string | number | undefined => (containers as readonly Container[] | undefined)?.find(({ name }) => name === 'node')?.resources?.limits?.memory;
  const limit = limitIn(pod.status?.containerStatuses) ?? limitIn(pod.spec?.containers);
  return limit !== undefined && parseQuantity(limit) ? [quantityToNumber(limit)] : [];
}
