import type { OwnershipMap } from '../../shared/kube/documents.ts';
import type { Condition } from '../../shared/resources/cache-cluster/resource.ts';
import { countsOf, ownersOf } from '../resharding/owners.ts';
import { fulfils } from '../resharding/quotas.ts';
import { shardsOfMap, type Wish } from '../resharding/wish.ts';
import type { ShardHealth } from './health.ts';
import { faultsIn } from './copies.ts';
import { reasonOf, type Hibernation } from './hibernation.ts';
import type { Plan } from './plan.ts';

/** A condition before it is known since when it holds. */
export interface Finding {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

interface Facts {
  readonly plan: Plan;
  readonly shards: readonly ShardHealth[];
  /** Pods that are still to go. */
  readonly superfluous: number;
  readonly previous: readonly Condition[];
}

/** Every condition, in a fixed order; each message says what is waited for or what is wrong. */
export function findingsOf(facts: Facts): readonly Finding[] {
  const progress = progressing(facts);
  return [
    ready(facts),
    reconciling(facts, progress),
    stalled(facts.plan),
    progress,
    degraded(facts),
    { type: 'RegionsReachable', status: 'True', reason: 'SameCluster', message: 'all regions are in this Kubernetes cluster' },
    pending('Resharding', facts.plan.resharding, reshardingSettled(facts.plan)),
    pending('RollingOut', facts.plan.roll, 'every pod is as the spec asks for'),
    warning(facts.plan),
    ...hibernation(facts),
  ];
}

const yes = (type: string, reason: string, message: string): Finding => ({ type, status: 'True', reason, message });
const no = (type: string, reason: string, message: string): Finding => ({ type, status: 'False', reason, message });

function ready({ plan, shards }: Facts): Finding {
  const unserved = unservedOf(shards);
  if (!plan.input) return no('Ready', 'InvalidSpec', 'the spec cannot be read');
  const asleep = sleeping(plan);
  if (asleep !== undefined && unserved.length > 0) return no('Ready', reasonOf(asleep.stage), asleep.message);
  if (unserved.length > 0) return no('Ready', 'ShardsWithoutPrimary', `${unserved.length} of ${shards.length} shards have no ready primary: ${namesOf(unserved)}${faults(plan)}`);
  return yes('Ready', 'Serving', `${shards.length} of ${shards.length} shards have a ready primary`);
}

/** `; pod … does not become healthy: …`, or nothing. */
function faults({ input }: Plan): string {
  const fault = input && faultsIn(input);
  return fault === undefined ? '' : `; ${fault}`;
}

/** Those that somebody misses. */
const unservedOf = (shards: readonly ShardHealth[]): readonly ShardHealth[] => shards.filter((shard) => !shard.served && shard.ownsSlots);

function stalled({ problems }: Plan): Finding {
  if (problems.length === 0) return no('Stalled', 'NotStalled', 'nothing stands in the way');
  return yes('Stalled', problems[0].reason, sentences(problems.map(({ message }) => message)));
}

/** Work that this operator is doing or that comes by itself. */
function progressing({ plan, shards, superfluous }: Facts): Finding {
  if (plan.paused) return no('Progressing', 'Paused', 'the annotation meridiancache.io/reconcile is paused: nothing is written but the status');
  if (plan.waits.length > 0) return yes('Progressing', plan.waits[0].reason, sentences(plan.waits.map(({ message }) => message)));
  if (plan.actions.length > 0) return yes('Progressing', 'Applying', 'objects are being written');
  if (plan.input?.hibernation.stage === 'asleep') return no('Progressing', 'Hibernated', plan.input.hibernation.message);
  const wanted = sum(shards, (shard) => shard.podsWanted);
  const running = sum(shards, (shard) => shard.podsRunning);
  const fault = running < wanted || unservedOf(shards).length > 0 ? faults(plan) : '';
  if (fault !== '') return yes('Progressing', 'PodNotHealthy', `${running} of ${wanted} pods are running${fault}`);
  if (running < wanted) return yes('Progressing', 'WaitingForPods', `${running} of ${wanted} pods are running`);
  if (superfluous > 0) return yes('Progressing', 'WaitingForPods', `${superfluous} pods are stopping`);
  const unserved = shards.filter((shard) => !shard.served);
  if (unserved.length > 0) return yes('Progressing', 'WaitingForPrimaries', `${unserved.length} shards wait for a ready primary: ${namesOf(unserved)}`);
  return changing(plan) ?? no('Progressing', 'Settled', 'everything is as the spec asks for, as far as this operator carries it out');
}

/** A roll or a move of slots that is going on is progress; one that waits for a person is not, and is not settled either. */
function changing({ roll, resharding }: Plan): Finding | undefined {
  const changes = [roll, resharding].filter((change) => change !== undefined);
  const moving = changes.find(({ reason }) => !waitsForPeople.has(reason));
  if (moving !== undefined) return yes('Progressing', moving.reason, moving.message);
  return changes.length === 0 ? undefined : no('Progressing', changes[0].reason, changes[0].message);
}

/** Reasons of changes that do not go on by themselves. */
const waitsForPeople: ReadonlySet<string> = new Set(['Paused', 'PodNotHealthy', 'WaitingForApproval', 'NotEnoughMemory', 'WaitingForVolumes']);

/** kstatus: True until the spec is fulfilled, also while that waits for something; never together with Stalled. */
function reconciling({ plan }: Facts, progress: Finding): Finding {
  if (plan.problems.length > 0) return no('Reconciling', 'Stalled', 'see the condition Stalled');
  const open = progress.status === 'True' ? progress : (plan.resharding ?? plan.roll);
  return open ? yes('Reconciling', open.reason, open.message) : no('Reconciling', progress.reason, progress.message);
}

function degraded({ plan, shards, previous }: Facts): Finding {
  const asleep = sleeping(plan);
  // What is away is away because it was asked for; what goes wrong on the way is in Stalled.
  if (asleep !== undefined) return no('Degraded', reasonOf(asleep.stage), asleep.message);
  const unserved = unservedOf(shards);
  const was = (type: string): boolean => previous.some((condition) => condition.type === type && condition.status === 'True');
  // Shards that start for the first time lack nothing that there has been.
  if (unserved.length > 0) return was('Ready') || was('Degraded') ? yes('Degraded', 'ShardsUnserved', `no ready primary: ${namesOf(unserved)}${faults(plan)}`) : no('Degraded', 'Starting', 'shards are starting');
  const wanted = sum(shards, (shard) => shard.podsWanted - 1);
  const missing = wanted - sum(shards, (shard) => Math.min(shard.copiesInSync, shard.podsWanted - 1));
  if (missing === 0) return no('Degraded', 'Complete', wanted === 0 ? 'no copies are asked for' : `${wanted} of ${wanted} copies are in sync`);
  const away = shards.flatMap(({ copiesMissing }) => copiesMissing);
  const started = away.every(({ running }) => running);
  const alone = shards.filter((shard) => shard.copiesInSync === 0 && shard.podsWanted > 1);
  const names = listed(away.map(({ pod, running }) => `${pod} ${running ? 'has not all data yet' : 'is not running'}`));
  const danger = alone.length === 0 ? '' : `; a primary of ${namesOf(alone)} that is lost takes its keys with it`;
  return yes('Degraded', started ? 'CopiesNotInSync' : 'CopiesMissing', `${missing} of ${wanted} copies are not in sync: ${names}${danger}${faults(plan)}`);
}

/** The condition is there from the first time on that hibernation is asked for. */
function hibernation({ plan: { input }, previous }: Facts): readonly Finding[] {
  if (!input || (input.hibernation.stage === 'awake' && !previous.some(({ type }) => type === 'Hibernated'))) return [];
  const { stage, message, faults } = input.hibernation;
  if (stage === 'asleep') return [yes('Hibernated', 'Hibernated', message)];
  return [no('Hibernated', faults.length === 0 ? reasonOf(stage) : stage === 'freezing' ? 'SnapshotFailed' : 'SnapshotRefused', message)];
}

const sleeping = ({ input }: Plan): Hibernation | undefined => (input === undefined || input.hibernation.stage === 'awake' ? undefined : input.hibernation);

function pending(type: string, change: { readonly reason: string; readonly message: string } | undefined, settled: string): Finding {
  return change ? yes(type, change.reason, change.message) : no(type, 'UpToDate', settled);
}

function reshardingSettled({ input }: Plan): string {
  const cancelled = input?.resharding.regions.find(({ map, now }) => now.cancelled !== undefined && !isAsAsked(map, input.resharding.wish))?.now.cancelled;
  return cancelled === undefined ? 'every slot is where spec.shards puts it' : `plan ${cancelled} was cancelled: slots stay where they are until spec.shards, spec.weight or the annotation meridiancache.io/rebalance changes`;
}

/** A plan may be cancelled when its last batches were ordered already. */
const isAsAsked = (map: OwnershipMap | undefined, wish: Wish): boolean => map !== undefined && shardsOfMap(map) <= wish.shards && fulfils(countsOf(ownersOf(map.ranges), wish.shards), wish);

function warning({ warnings }: Plan): Finding {
  return warnings.length > 0 ? yes('ConfigurationWarning', warnings[0].reason, sentences(warnings.map(({ message }) => message))) : no('ConfigurationWarning', 'None', 'nothing to warn about');
}

const sum = (shards: readonly ShardHealth[], of: (shard: ShardHealth) => number): number => shards.reduce((total, shard) => total + of(shard), 0);

/** Enough to act on, short enough for a table. */
const shown = 5;

const namesOf = (shards: readonly ShardHealth[]): string => listed(shards.map((shard) => shard.name));

function listed(names: readonly string[]): string {
  return `${names.slice(0, shown).join(', ')}${names.length > shown ? ` and ${names.length - shown} more` : ''}`;
}

function sentences(messages: readonly string[]): string {
  return `${messages.slice(0, shown).join('; ')}${messages.length > shown ? `; and ${messages.length - shown} more` : ''}`;
}
