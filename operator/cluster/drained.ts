import type { NodeStatus } from '../../shared/admin/contract.ts';
import type { Action } from '../actions/action.ts';
import type { KubeObject } from '../kube/port.ts';
import { resourceTypes } from '../kube/types.ts';
import { isDead } from './copies.ts';
import { identityOf, statusOf } from './intent.ts';
import { epochOf } from './lease-sense.ts';
import { classify, regionOf, shardOf } from './observed.ts';
import { act, nothing, together, wait, type StepInput, type StepResult } from './step.ts';

/**
 * Step: takes down shards that nobody needs any more. The map has to say that they own nothing (that is why they are beyond
 * intent.shards), and then their nodes too; the highest goes first, its Lease last, when nobody is left who could hold its epoch.
 */
export function drainedShards(input: StepInput): StepResult {
  const { observed, intent } = input;
  const identity = identityOf(observed.cluster);
  const regions = new Set(intent.regions.map(({ name }) => name));
  const isDrained = (object: KubeObject): boolean => regions.has(regionOf(object) ?? '') && (shardOf(object) ?? -1) >= intent.shards;
  const objects = [...observed.objects.values()].filter((object) => object.kind !== 'PersistentVolumeClaim' && isDrained(object) && classify(object, identity).kind === 'ours');
  const pods = observed.pods.filter(isDrained);
  const highest = Math.max(-1, ...[...objects, ...pods].map((object) => shardOf(object) ?? -1));
  if (highest < 0) return nothing;
  const isHighest = (object: KubeObject): boolean => shardOf(object) === highest;
  return together(intent.regions.map(({ name }) => removeShard(input, name, highest, objects.filter((object) => isHighest(object) && regionOf(object) === name), pods.filter((pod) => isHighest(pod) && regionOf(pod) === name))));
}

function removeShard(input: StepInput, region: string, shard: number, objects: readonly KubeObject[], pods: readonly KubeObject[]): StepResult {
  const waiting = (message: string): StepResult => wait('RemovingShards', `shard ${shard} of region ${region} ${message}`);
  const set = objects.find(({ kind }) => kind === 'StatefulSet');
  if (set) {
    const holder = pods.map((pod) => whyKept(input, pod)).find((why) => why !== undefined) ?? whySentTo(input, region, shard);
    return holder === undefined ? together([act({ kind: 'delete', type: resourceTypes.statefulSet, object: set, irreversible: true }), waiting('owns nothing any more and goes')]) : waiting(holder);
  }
  if (pods.length > 0) return waiting(`owns nothing any more: ${pods.length} of its pods are still stopping`);
  const floor = statusOf(input.observed.cluster).regions?.find(({ name }) => name === region)?.epochFloor ?? 0;
  // The same shard may come again: above every epoch that anybody has seen of it (P4).
  if (objects.some((object) => object.kind === 'Lease' && (epochOf(object) ?? 0) > floor && input.observed.settings.bugs?.epochForgotten !== true)) return waiting('is gone; its epoch is recorded before its Lease is deleted');
  return act(...objects.flatMap(removal));
}

/** Nobody serves the shard any more, so nothing of it is asked for again. */
function removal(object: KubeObject): Action[] {
  if (object.kind === 'Lease') return [{ kind: 'delete', type: resourceTypes.lease, object, irreversible: true }];
  return object.kind === 'PodDisruptionBudget' ? [{ kind: 'delete', type: resourceTypes.podDisruptionBudget, object, irreversible: false }] : [];
}

/** Why a node of a shard that the map gives nothing must be kept; undefined when it has nothing that counts. */
function whyKept({ observed, resharding }: StepInput, pod: KubeObject): string | undefined {
  const { name } = pod.metadata;
  if ((observed.settings.bugs?.removedUnasked ?? observed.settings.bugs?.removedWithSlots) === true) return undefined;
  if (pod.metadata.deletionTimestamp !== undefined || pod.status?.phase !== 'Running' || isDead(pod)) return undefined;
  const report = observed.reports.get(name);
  if (report === undefined) return `is kept: ${name} does not answer what it owns`;
  const version = resharding.regions.find((region) => region.name === report.region)?.map?.version ?? 0;
  if (report.ownershipVersion < version && report.role === 'primary') return `is kept until ${name} has read the ownership map of version ${version}`;
  return ownsNothing(report) ? undefined : `is kept: ${name} still has ${report.slotsOwned} slots${report.moves?.length ? ` and ${report.moves.length} moves to finish` : ''}`;
}

/** By targets that it has read before, a primary may begin a move to the shard after the shard's own nodes were asked. */
function whySentTo({ observed, resharding }: StepInput, region: string, shard: number): string | undefined {
  const generation = resharding.regions.find(({ name }) => name === region)?.now.generation ?? 0;
  for (const report of observed.reports.values()) {
    if (report.region !== region || report.role !== 'primary' || report.shard === shard || observed.settings.bugs?.removedUnasked === true) continue;
    if (report.moves?.some(({ target }) => target === shard) === true) return `is kept: ${report.pod} still moves slots to it`;
    if ((report.targetsGeneration ?? generation) < generation) return `is kept until ${report.pod} has read the targets of generation ${generation}`;
  }
  return undefined;
}

const ownsNothing = ({ slotsOwned, moves }: NodeStatus): boolean => slotsOwned === 0 && (moves ?? []).length === 0;
