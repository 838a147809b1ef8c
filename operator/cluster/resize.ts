import { compareQuantities, parseQuantity } from '../../shared/resources/quantity.ts';
import type { KubeObject } from '../kube/port.ts';
import { find, nothing, act, together, type StepInput, type StepResult } from './step.ts';
import { specOf } from './observed.ts';

type Amounts = Readonly<Record<string, string | number | undefined>>;

interface Resources {
  readonly requests?: Amounts;
  readonly limits?: Amounts;
}

/**
 * Step: gives running pods the resources of their set, in place. Only what the set asks for, and only for pods that an earlier
 * version of the set has made: what an admission webhook gave a pod is left alone. A memory limit is never lowered under a running
 * process; the pod gets the lower one when it is next made.
 */
export function resized(input: StepInput): StepResult {
  return together(
    input.sets.map(({ wanted }) => {
      const found = find(input, 'StatefulSet', wanted.metadata.name);
      if (found.kind !== 'ours') return nothing;
      return together(input.observed.pods.filter((pod) => isOf(found.object, pod)).map((pod) => resize(pod, containerOf(specOf(found.object).template))));
    }),
  );
}

/** Running, of this set, and from before its newest revision. */
function isOf({ metadata, status }: KubeObject, pod: KubeObject): boolean {
  const { labels = {}, deletionTimestamp, name } = pod.metadata;
  const own = labels['controller-revision-hash'];
  return name.slice(0, name.lastIndexOf('-')) === metadata.name && deletionTimestamp === undefined && pod.status?.phase === 'Running' && own !== undefined && status?.updateRevision !== undefined && own !== status.updateRevision;
}

function containerOf(holder: unknown): Resources {
  const { spec } = (holder ?? {}) as { readonly spec?: { readonly containers?: readonly { readonly resources?: Resources }[] } };
  return spec?.containers?.[0]?.resources ?? {};
}

function resize(pod: KubeObject, wanted: Resources): StepResult {
  const has = containerOf(pod);
  const limits = keptMemory(wanted.limits, has.limits);
  const requests = keptMemory(wanted.requests, has.requests);
  if (!differ(limits, has.limits) && !differ(requests, has.requests)) return nothing;
  return act({ kind: 'resize', object: { ...pod, kind: 'Pod' }, resources: { requests, limits } });
}

/** What is wanted, but with no less memory than the process may have taken already. */
function keptMemory(wanted: Amounts = {}, has: Amounts = {}): Amounts {
  const { memory } = has;
  return memory !== undefined && wanted.memory !== undefined && compare(memory, wanted.memory) > 0 ? { ...wanted, memory } : wanted;
}

const differ = (wanted: Amounts, has: Amounts = {}): boolean => Object.entries(wanted).some(([name, amount]) => amount !== undefined && (has[name] === undefined || compare(amount, has[name]) !== 0));

function compare(a: string | number, b: string | number): number {
  const [left, right] = [parseQuantity(a), parseQuantity(b)];
  return left && right ? compareQuantities(left, right) : 0;
}
