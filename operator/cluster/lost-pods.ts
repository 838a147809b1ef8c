import { shardName } from '../../shared/kube/names.ts';
import { copiesInSyncOf } from '../actions/execute.ts';
import type { KubeObject } from '../kube/port.ts';
import { resourceTypes } from '../kube/types.ts';
import { shardsOf, type ShardHealth } from './health.ts';
import { classify, objectId } from './observed.ts';
import { act, nothing, together, wait, type StepInput, type StepResult } from './step.ts';

/** For so long a machine may be away before its pod is made anew elsewhere. */
const patienceMs = 60_000;
/** A kubelet that works has removed a pod by the end of its grace; this is for the way to the API server. */
const removalMs = 30_000;

/**
 * Step: replaces pods whose machine is away. A StatefulSet makes no second pod of a name while the first one's object is there, so
 * the object goes at once; what still runs on that machine is kept out by its incarnation (P4, P5). Only a copy that is neither
 * primary nor in sync, while it is the only one missing: a shard of which more is gone waits for its machines or for people.
 */
export function lostPods(input: StepInput): StepResult {
  const { observed, intent } = input;
  return together(shardsOf(observed, intent).flatMap((shard) => shard.copiesMissing.map(({ pod }) => replace(input, shard, pod))));
}

function replace(input: StepInput, shard: ShardHealth, name: string): StepResult {
  const { observed, intent } = input;
  const pod = observed.pods.find(({ metadata }) => metadata.name === name);
  const awayMs = pod && machineAwayMs(pod, observed.nowMs);
  if (pod === undefined || awayMs === undefined || observed.reports.has(name)) return nothing;
  const held = heldBack(input, shard, name);
  if (held !== undefined) return wait('PodLost', `the machine of pod ${name} is away: ${held}`);
  if (awayMs < 0) return wait('PodLost', `the machine of pod ${name} is away; the pod is made anew elsewhere if it stays away for ${Math.ceil(-awayMs / 1000)} s more`);
  const guard = { lease: shardName(intent.name, shard.region, shard.shard), notHeldBy: [name], notInSync: [name] };
  return act({ kind: 'delete', type: resourceTypes.pod, object: { ...pod, kind: 'Pod' }, irreversible: true, atOnce: true, guard });
}

/** Why the pod stays although its machine is away. */
function heldBack({ observed, intent }: StepInput, shard: ShardHealth, name: string): string | undefined {
  const found = classify(observed.objects.get(objectId('Lease', shard.name)), intent);
  const inSync = found.kind === 'ours' ? copiesInSyncOf(found.object) : undefined;
  if (inSync === undefined || inSync.includes(name)) return 'it may hold data that nobody else has';
  if (!shard.served) return 'the shard has no ready primary';
  if (shard.copiesMissing.length > 1) return `${shard.copiesMissing.length} copies of its shard are missing, and nothing is moved before all but one are back`;
  if (intent.storage !== undefined) return 'its volume cannot follow before the machine is known to be off; delete the pod by force when it is';
  return undefined;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly lastTransitionTime?: string;
}

/**
 * Time since patience with the machine has ended, negative before; undefined while there is no sign that it is away. The signs: a pod
 * outlives its own deletion, or it is unready by Kubernetes' word while its kubelet's last word was that the container is ready.
 */
function machineAwayMs({ metadata, status }: KubeObject, nowMs: number): number | undefined {
  if (metadata.deletionTimestamp !== undefined) {
    const lateMs = nowMs - Date.parse(metadata.deletionTimestamp) - removalMs;
    return lateMs > -removalMs / 2 ? lateMs : undefined;
  }
  const containers = (status?.containerStatuses ?? []) as readonly { readonly ready?: boolean }[];
  const ready = ((status?.conditions ?? []) as readonly Condition[]).find(({ type }) => type === 'Ready');
  if (ready?.status !== 'False' || ready.lastTransitionTime === undefined || containers.length === 0 || !containers.every((container) => container.ready === true)) return undefined;
  return nowMs - Date.parse(ready.lastTransitionTime) - patienceMs;
}
