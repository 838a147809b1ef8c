import { podName, shardName } from '../../shared/kube/names.ts';
import type { Action, Guard } from '../actions/action.ts';
import { copiesInSyncOf, primaryOf } from '../actions/execute.ts';
import type { KubeObject } from '../kube/port.ts';
import { resourceTypes } from '../kube/types.ts';
import { disruptionBudget } from '../resources/disruption-budget.ts';
import type { RegionIntent } from '../resources/intent.ts';
import { hashOfTemplate } from './copies.ts';
import { differs, sealed } from './drift.ts';
import { sleepingReplicas } from './hibernation.ts';
import { liveConfig } from './live-config.ts';
import { specOf } from './observed.ts';
import type { Roll } from './roll.ts';
import { act, ensure, find, inTheWay, nothing, together, wait, type StepInput, type StepResult, type WantedSet } from './step.ts';

/** Step: the StatefulSet and disruption budget of every shard in every region. */
export function workloads(input: StepInput, { released, extra }: Pick<Roll, 'released' | 'extra'>): StepResult {
  return together(
    input.sets.map((set) => together([ensure(input, resourceTypes.podDisruptionBudget, disruptionBudget(input.intent, set.region.name, set.shard)), shardSet(input, set, released.has(set.wanted.metadata.name), extra?.has(set.wanted.metadata.name) === true)])),
  );
}

function shardSet(input: StepInput, { region, shard, wanted }: WantedSet, released: boolean, extra: boolean): StepResult {
  const { intent } = input;
  const found = find(input, 'StatefulSet', wanted.metadata.name);
  if (found.kind === 'absent') return foreignVolume(input, region, shard) ?? act({ kind: 'apply', type: resourceTypes.statefulSet, object: sealed(withReplicas(wanted, sleepingReplicas(input, wanted.metadata.name, 1 + region.replicas)?.replicas)) });
  if (found.kind !== 'ours') return inTheWay(input, found);
  const asleep = sleepingReplicas(input, wanted.metadata.name, 1 + region.replicas);
  const allowed = asleep === undefined ? replicasAllowed(input, region, shard, found.object, 1 + region.replicas + (extra ? 1 : 0)) : { replicas: asleep.replicas, leaving: [], result: nothing };
  const object = sealed(withRunningTemplate(wanted, found.object, allowed.replicas, released));
  if (!differs(object, found.object)) return allowed.result;
  const { uid } = found.object.metadata;
  const { leaving } = allowed;
  if (asleep?.sealed !== undefined) return act({ kind: 'apply', type: resourceTypes.statefulSet, object, uid, irreversible: true, guard: { lease: wanted.metadata.name, notHeldBy: [], sealed: asleep.sealed } });
  if (leaving.length === 0) return together([allowed.result, act({ kind: 'apply', type: resourceTypes.statefulSet, object, uid })]);
  const guard: Guard = { lease: shardName(intent.name, region.name, shard), notHeldBy: input.observed.settings.bugs?.primaryScaledAway === true ? [] : leaving };
  return act({ kind: 'apply', type: resourceTypes.statefulSet, object, uid, irreversible: true, guard });
}

const withReplicas = (set: KubeObject, replicas: number | undefined): KubeObject => (replicas === undefined ? set : { ...set, spec: { ...specOf(set), replicas } });

/**
 * A set gets a template with another hash when its turn in a roll comes; claims cannot change in place. What is outside the hash
 * (container resources) is applied at once: running pods are resized.
 */
function withRunningTemplate(wanted: KubeObject, running: KubeObject, replicas: number, released: boolean): KubeObject {
  const spec = specOf(running);
  const sameTemplate = released || hashOfTemplate(running) === hashOfTemplate(wanted);
  const { volumeClaimTemplates: _, ...rest } = specOf(wanted);
  const claims = spec.volumeClaimTemplates === undefined ? {} : { volumeClaimTemplates: spec.volumeClaimTemplates };
  return { ...wanted, spec: { ...rest, ...claims, replicas, ...(sameTemplate ? {} : { template: spec.template }) } };
}

/** How many pods the set may have now: fewer only when the shard's primary is not one of those that would go, and knows that fewer are enough. */
function replicasAllowed(input: StepInput, region: RegionIntent, shard: number, running: KubeObject, wanted: number): { readonly replicas: number; readonly leaving: readonly string[]; readonly result: StepResult } {
  const { intent } = input;
  const current = Number(specOf(running).replicas ?? 1);
  if (current <= wanted) return { replicas: wanted, leaving: [], result: nothing };
  const leaving = Array.from({ length: current - wanted }, (_, offset) => podName(intent.name, region.name, shard, wanted + offset));
  const name = shardName(intent.name, region.name, shard);
  const lease = find(input, 'Lease', name);
  const hold = (why: string, ...actions: readonly Action[]): ReturnType<typeof replicasAllowed> => ({ replicas: current, leaving: [], result: together([act(...actions), wait('ScalingDown', `StatefulSet ${name} keeps ${current} pods instead of ${wanted}: ${why}`)]) });
  if (lease.kind !== 'ours') return hold(`Lease ${name} is not there`);
  const primary = primaryOf(lease.object);
  const pod = input.observed.pods.find(({ metadata }) => metadata.name === primary);
  if (primary === undefined || (pod === undefined && !leaving.includes(primary))) return { replicas: wanted, leaving, result: nothing };
  if (leaving.includes(primary) && input.observed.settings.bugs?.primaryScaledAway !== true) {
    const successor = (copiesInSyncOf(lease.object) ?? []).find((copy) => copy !== primary && !leaving.includes(copy));
    if (pod === undefined || successor === undefined) return hold(`${primary} is the primary of its shard, and no copy that stays is in sync`);
    return hold(`${primary} is the primary of its shard and hands over to ${successor}`, { kind: 'switchover', object: pod, to: successor });
  }
  return knowsOfFewer(input, region, primary) ? { replicas: wanted, leaving, result: nothing } : hold(`${primary} is told first that fewer copies are enough`);
}

/** Writes are refused with fewer than `minInSync` copies (P10), and a mounted file is a minute late: so the primary is told before copies go. */
function knowsOfFewer(input: StepInput, region: RegionIntent, primary: string): boolean {
  const known = Number(input.observed.reports.get(primary)?.configRevision ?? 0);
  return known >= (liveConfig(input, region)?.revision ?? 0);
}

/** A set would silently mount a claim of that name, whoever it belonged to. */
function foreignVolume(input: StepInput, region: RegionIntent, shard: number): StepResult | undefined {
  const { intent } = input;
  if (!intent.storage) return undefined;
  const claims = Array.from({ length: 1 + region.replicas }, (_, index) => find(input, 'PersistentVolumeClaim', `data-${podName(intent.name, region.name, shard, index)}`));
  const blocking = claims.flatMap((found) => (found.kind === 'absent' || found.kind === 'ours' ? [] : [inTheWay(input, found)]));
  return blocking.length > 0 ? together(blocking) : undefined;
}
