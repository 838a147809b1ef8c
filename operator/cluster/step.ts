import { annotations, labels } from '../../shared/kube/names.ts';
import type { CacheClusterSpec } from '../../shared/resources/cache-cluster/resource.ts';
import type { Action } from '../actions/action.ts';
import type { KubeObject, ResourceType } from '../kube/port.ts';
import type { AutoscalingState } from '../autoscaling/decide.ts';
import type { Resharding } from '../resharding/decide.ts';
import type { ClusterIntent, RegionIntent } from '../resources/intent.ts';
import { statefulSet } from '../resources/stateful-set.ts';
import { differs, sealed } from './drift.ts';
import type { Hibernation } from './hibernation.ts';
import { identityOf } from './intent.ts';
import { classify, objectId, type Found, type Observed } from './observed.ts';

/** What every step decides from. */
export interface StepInput {
  readonly observed: Observed;
  readonly spec: CacheClusterSpec;
  readonly intent: ClusterIntent;
  readonly resharding: Resharding;
  readonly hibernation: Hibernation;
  /** What is remembered of decisions; absent without spec.autoscaling. */
  readonly autoscaling?: AutoscalingState;
  /** The StatefulSet of every shard in every region, as the intent has it; built once a pass, it is most of the work of one. */
  readonly sets: readonly WantedSet[];
  /** Collects the ids that were looked for and not found: caches may lack what exists, so they are looked up before anything is made. */
  readonly missing: Set<string>;
}

export interface WantedSet {
  readonly region: RegionIntent;
  readonly shard: number;
  readonly wanted: KubeObject;
}

export function wantedSets(intent: ClusterIntent): readonly WantedSet[] {
  return intent.regions.flatMap((region) => Array.from({ length: intent.shards }, (_, shard) => ({ region, shard, wanted: statefulSet(intent, region, shard) })));
}

/** What stands in the way for good: only a person can change it. Becomes Stalled. */
export interface Problem {
  readonly reason: string;
  readonly message: string;
}

/** What is waited for; it comes by itself. */
export interface Wait {
  readonly reason: string;
  readonly message: string;
}

/** What a step wants. Steps do not hide each other's failures: all of them are asked, and all of this is told. */
export interface StepResult {
  readonly actions: readonly Action[];
  readonly problems: readonly Problem[];
  readonly waits: readonly Wait[];
}

export const nothing: StepResult = { actions: [], problems: [], waits: [] };
export const act = (...actions: readonly Action[]): StepResult => ({ ...nothing, actions });
export const problem = (reason: string, message: string): StepResult => ({ ...nothing, problems: [{ reason, message }] });
export const wait = (reason: string, message: string): StepResult => ({ ...nothing, waits: [{ reason, message }] });

export function together(results: readonly StepResult[]): StepResult {
  return { actions: results.flatMap((one) => one.actions), problems: results.flatMap((one) => one.problems), waits: results.flatMap((one) => one.waits) };
}

export function find({ observed, missing }: Pick<StepInput, 'observed' | 'missing'>, kind: string, name: string): Found {
  const id = objectId(kind, name);
  const found = classify(observed.objects.get(id), identityOf(observed.cluster));
  if (found.kind === 'absent') missing.add(id);
  return found;
}

/** Applies an object where it is missing or has drifted; never touches another's. */
export function ensure(input: StepInput, type: ResourceType, wanted: KubeObject): StepResult {
  const found = find(input, type.kind, wanted.metadata.name);
  const object = sealed(wanted);
  switch (found.kind) {
    case 'absent':
      return act({ kind: 'apply', type, object });
    case 'ours':
      return differs(object, found.object) ? act({ kind: 'apply', type, object, uid: found.object.metadata.uid }) : nothing;
    default:
      return inTheWay(input, found);
  }
}

/** What to say of an object that is not ours and sits where one of ours belongs. */
export function inTheWay({ observed }: Pick<StepInput, 'observed'>, found: Exclude<Found, { kind: 'absent' | 'ours' }>): StepResult {
  const { kind, metadata } = found.object;
  const what = `${kind} ${metadata.name}`;
  if (found.kind === 'leaving') return wait('WaitingForDeletion', `${what} is being deleted; it is made anew when it has gone`);
  if (found.kind === 'adoptable') return wait('Adopting', `${what} is being taken over`);
  const owner = metadata.labels?.[labels.cluster];
  const uid = metadata.labels?.[labels.clusterUid];
  if (owner === undefined || uid === undefined) return problem('ForeignObject', `${what} exists and is not this cluster's; it is left alone: delete or rename it, or rename the cluster`);
  if (owner !== observed.cluster.metadata.name) return problem('NameCollision', `${what} belongs to CacheCluster ${owner}, whose derived names collide with this cluster's: rename the cluster or the region`);
  return problem('ForeignObject', `${what} was left by an earlier CacheCluster ${owner} (UID ${uid}): delete it, or take it over with the annotation ${annotations.adopt}: ${uid}`);
}
