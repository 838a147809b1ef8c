import { annotations } from '../../shared/kube/names.ts';
import { isIrreversible, type Action } from '../actions/action.ts';
import { adoption } from './adoption.ts';
import { authority } from './authority.ts';
import { drainedShards } from './drained.ts';
import { hibernated, hibernationOf } from './hibernation.ts';
import { identity } from './identity.ts';
import { identityOf, readIntent, readSpec } from './intent.ts';
import { nodeSettings } from './live-config.ts';
import { hold, isHeld, leave } from './leaving.ts';
import { lostPods } from './lost-pods.ts';
import { cordons, pendingCordons } from './machines.ts';
import { monitoring } from './monitoring.ts';
import { networking } from './networking.ts';
import type { Observed } from './observed.ts';
import { removedRegions } from './regions.ts';
import { resized } from './resize.ts';
import { rollOf, type Roll } from './roll.ts';
import { desiredShards, reshardingOf } from './slots.ts';
import { act, nothing, problem, together, wantedSets, type Problem, type StepInput, type StepResult, type Wait } from './step.ts';
import { pendingResharding, slotTargets } from './targets.ts';
import { grownVolumes, pendingVolumes } from './volumes.ts';
import { warningsOf } from './warnings.ts';
import { workloads } from './workloads.ts';

/** The next move of one cluster and what there is to say about it. Pure: the same observation gives the same plan. */
export interface Plan {
  /** In this order; with at most one irreversible. */
  readonly actions: readonly Action[];
  readonly problems: readonly Problem[];
  readonly waits: readonly Wait[];
  readonly paused: boolean;
  /** Changes of the spec that are left alone for now. */
  readonly resharding?: Wait;
  readonly roll?: Wait;
  readonly warnings: readonly Wait[];
  /** What was looked for and not found, by objectId. */
  readonly missing: ReadonlySet<string>;
  /** Absent when the spec cannot be read. */
  readonly input?: StepInput;
}

export function plan(observed: Observed): Plan {
  const { metadata } = observed.cluster;
  const idle: Plan = { actions: [], problems: [], waits: [], paused: false, warnings: [], missing: new Set() };
  const goes = metadata.deletionTimestamp !== undefined;
  // What others hold is theirs.
  if (goes && !isHeld(observed.cluster)) return idle;
  const spec = readSpec(observed.cluster);
  if (goes && !spec) return { ...idle, actions: [{ kind: 'release', object: observed.cluster }] };
  if (!spec) return { ...idle, problems: [{ reason: 'InvalidSpec', message: 'the spec does not fit the schema of this operator: update the CRDs, or correct the spec' }] };
  const who = identityOf(observed.cluster);
  const desired = desiredShards(observed, spec, who);
  const resharding = reshardingOf(observed, spec, who, desired.shards);
  const intent = readIntent(observed, spec, resharding.shards);
  const given = { observed, spec, intent, resharding, ...(desired.state ? { autoscaling: desired.state } : {}), sets: wantedSets(intent), missing: new Set<string>() };
  const input: StepInput = { ...given, hibernation: hibernationOf(given) };
  if (goes) return { ...idle, ...leave(input), input };
  const paused = metadata.annotations?.[annotations.reconcile] === 'paused';
  const roll = rollOf(input);
  const steps = allSteps(input, roll);
  const handover = pendingCordons(input);
  return {
    actions: paused ? [] : permitted(steps, observed),
    problems: steps.problems,
    waits: [...steps.waits, ...heldBack(steps, observed), ...(handover ? [handover] : [])],
    paused,
    resharding: spec.hibernate ? undefined : pendingResharding(input),
    roll: spec.hibernate ? undefined : (roll.finding ?? pendingVolumes(input)),
    warnings: warningsOf(input),
    missing: input.missing,
    input,
  };
}

function allSteps(input: StepInput, roll: Roll): StepResult {
  const { spec } = input;
  const held = hold(input.observed);
  const adopted = adoption(input);
  // What is taken over decides what is missing: nothing else before it is.
  if (adopted.actions.length + adopted.waits.length > 0) return together([held, adopted]);
  const refused = input.observed.refusal === undefined ? nothing : problem('Refused', input.observed.refusal);
  return together([held, networking(input), monitoring(input), identity(input), nodeSettings(input), authority(input), hibernated(input), spec.hibernate ? nothing : slotTargets(input), workloads(input, roll), resized(input), spec.hibernate ? nothing : grownVolumes(input), drainedShards(input), lostPods(input), cordons(input), removedRegions(input), act(...roll.actions), refused]);
}

/**
 * No pods are started on shaky ground, and nothing is torn down while anything is wrong or unseen. A refusal is a problem too,
 * but the refused action must be tried again.
 */
function permitted({ actions, problems }: StepResult, observed: Observed): readonly Action[] {
  const wrong = problems.some(({ reason }) => reason !== 'Refused');
  const reversible = actions.filter((action) => !isIrreversible(action) && !(wrong && startsPods(action)));
  if (problems.length > 0 || observed.unseenWrites > 0) return reversible;
  const irreversible = actions.find(isIrreversible);
  return irreversible ? [...reversible, irreversible] : reversible;
}

/** Said, so that the pass comes back soon: a cache that catches up is not always an event. */
function heldBack({ actions }: StepResult, { unseenWrites }: Observed): readonly Wait[] {
  if (unseenWrites === 0 || !actions.some(isIrreversible)) return [];
  return [{ reason: cachesBehind, message: `${unseenWrites} of our own writes are not seen yet; nothing is taken away before they are` }];
}

export const cachesBehind = 'CachesBehind';

const startsPods = (action: Action): boolean => action.kind === 'apply' && action.type.kind === 'StatefulSet' && action.uid === undefined;
