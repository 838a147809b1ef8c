import type { OwnershipMap } from '../../shared/kube/documents.ts';
import type { KubeObject } from '../kube/port.ts';
import { resourceTypes } from '../kube/types.ts';
import type { RegionTargets } from '../resharding/decide.ts';
import { flowsOf } from '../resharding/flows.ts';
import { targets } from '../resources/config-maps.ts';
import { shardsOf, type ShardHealth } from './health.ts';
import { act, ensure, together, type StepInput, type StepResult, type Wait } from './step.ts';

/** Step: what the nodes are told of who is to own a slot. A plan begins when the shards that it gives slots to can take them. */
export function slotTargets(input: StepInput): StepResult {
  const begins = input.resharding.stage === 'starting' && unready(input).length === 0;
  return together(
    input.resharding.regions.map((region) => {
      const { name, now, next } = region;
      const written = ensure(input, resourceTypes.configMap, targets(input.intent, name, begins && next ? next : now));
      return written.actions.length + written.problems.length > 0 ? written : together([written, act(...unaware(input, region).map((object) => ({ kind: 'retarget', object }) as const))]);
    }),
  );
}

/** Primaries that have not read the targets yet: they look by themselves too, but later. */
function unaware({ observed }: StepInput, region: RegionTargets): readonly KubeObject[] {
  // One that has never read any is told of those that matter.
  const known = leftIn([region]) > 0 ? -1 : Infinity;
  const behind = new Set([...observed.reports.values()].filter((report) => report.region === region.name && report.role === 'primary' && (report.targetsGeneration ?? known) < region.now.generation).map(({ pod }) => pod));
  return observed.pods.filter(({ metadata }) => behind.has(metadata.name));
}

/** Shards that are to get slots and could not serve them yet. */
function unready({ observed, intent, resharding }: StepInput): readonly ShardHealth[] {
  const gaining = new Set(resharding.regions.flatMap(({ name, map, next }) => (map && next ? flowsOf(map.ranges, next.ranges).map(({ target }) => `${name} ${target}`) : [])));
  const canTake = ({ served, podsWanted, copiesInSync }: ShardHealth): boolean => served && (podsWanted === 1 || copiesInSync > 0);
  return shardsOf(observed, intent).filter((health) => gaining.has(`${health.region} ${health.shard}`) && !canTake(health));
}

/** What the slots wait for, or are doing; undefined when all of them are where they belong. */
export function pendingResharding(input: StepInput): Wait | undefined {
  const { stage, hash = '', refusal = '', wish, regions } = input.resharding;
  const stale = staleWords(input);
  switch (stage) {
    case 'settled':
      return undefined;
    case 'refused':
      return { reason: 'NotEnoughMemory', message: `slots are not shared out over ${wish.shards} shards: ${refusal}${stale}` };
    case 'approval':
      return { reason: 'WaitingForApproval', message: `plan ${hash} is in the status and waits: approve it with meridian approve ${input.intent.name}, or the annotation meridiancache.io/approve: ${hash}${stale}` };
    case 'starting': {
      const waits = unready(input).map(({ name }) => `${name}${whyNotRunning(input, name)}`);
      return { reason: 'StartingShards', message: `plan ${hash} begins when ${waits.length === 0 ? 'its targets are written' : `these shards are ready: ${waits.slice(0, 3).join(', ')}${waits.length > 3 ? ` and ${waits.length - 3} more` : ''}`}${stale}` };
    }
    case 'moving':
      return { reason: 'MovingSlots', message: `${leftIn(regions)} slots are still to move${hash === '' ? '' : ` (plan ${hash})`}${standstill(input)}${stale}` };
  }
}

const leftIn = (regions: readonly RegionTargets[]): number => regions.reduce((sum, { map, now }) => sum + (map ? flowsOf(map.ranges, now.ranges).reduce((all, { slots }) => all + slots, 0) + orderedIn(map) : 0), 0);

/** Ordered and not released: the map names the new owner, the old one still serves. */
const orderedIn = ({ moves }: OwnershipMap): number => moves.reduce((sum, { from, to }) => sum + to - from + 1, 0);

function standstill({ observed }: StepInput): string {
  const waits = [...observed.reports.values()].flatMap(({ moves = [], shard, pod }) => moves.filter(({ source, waitsFor }) => source === shard && waitsFor !== undefined).map(({ waitsFor }) => `${pod}: ${waitsFor}`)).toSorted();
  return waits.length === 0 ? '' : `; ${waits[0]}`;
}

/** Annotations that name another plan than the one there is. */
function staleWords({ observed, resharding }: StepInput): string {
  const { 'meridiancache.io/approve': approve, 'meridiancache.io/cancel': cancel } = observed.cluster.metadata.annotations ?? {};
  const { hash, stage } = resharding;
  const done = new Set(resharding.regions.flatMap(({ now }) => [now.cancelled, now.cancelledBefore, now.plan]));
  const approval = stage === 'approval' && approve !== undefined && approve !== hash ? `; the approval of plan ${approve} does nothing: that is not this plan` : '';
  return `${approval}${cancel !== undefined && cancel !== hash && !done.has(cancel) ? `; the cancellation of plan ${cancel} does nothing: that is not this plan` : ''}`;
}

/** What keeps the pods of a shard from running, in the scheduler's or the kubelet's words. */
function whyNotRunning({ observed }: StepInput, shard: string): string {
  const pod = observed.pods.find(({ metadata, status }) => metadata.name.startsWith(`${shard}-`) && status?.phase === 'Pending');
  const conditions = (pod?.status?.conditions ?? []) as readonly { readonly type: string; readonly status: string; readonly message?: string }[];
  const unscheduled = conditions.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  return unscheduled?.message === undefined ? '' : ` (${unscheduled.message})`;
}
