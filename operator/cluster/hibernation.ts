import type { SnapshotStatus } from '../../shared/admin/contract.ts';
import type { Action } from '../actions/action.ts';
import { primaryOf, sealedIn } from '../actions/execute.ts';
import type { KubeObject } from '../kube/port.ts';
import { isRunning } from './health.ts';
import { classify, objectId, specOf } from './observed.ts';
import { act, nothing, problem, together, wait, type StepInput, type StepResult, type WantedSet } from './step.ts';

/**
 * How far a cluster is on the way to sleep, or back (docs/adr/0006-hibernate.md):
 *
 *   freezing   primaries refuse writes and keep snapshots; no pod is stopped before all of them have
 *   stopping   every shard has one that its Lease names: the sets go to 0
 *   asleep     no pod is left
 *   thawing    not wanted any more: primaries that have stopped writes take them again
 *   waking     pods start and fill themselves from what their shards' Leases name
 */
export type HibernationStage = 'awake' | 'freezing' | 'stopping' | 'asleep' | 'thawing' | 'waking';

export interface Hibernation {
  readonly stage: HibernationStage;
  readonly shards: ReadonlyMap<string, SleepingShard>;
  /** For the condition; absent while there is nothing to say. */
  readonly message: string;
  /** The snapshots that could not be kept, or that a start refused, in the nodes' words. */
  readonly faults: readonly string[];
}

/** A shard of one region. Its name is that of its set and Lease. */
export interface SleepingShard {
  readonly name: string;
  /** Snapshot that its Lease names (H1). */
  readonly sealed: string | undefined;
  /** The pod that leads it, or has the snapshot on its volume. */
  readonly holder: string | undefined;
  /** Nobody has ever led it: it has nothing to keep. */
  readonly newborn: boolean;
  /** Pods that its set asks for; undefined: there is no set yet. */
  readonly replicas: number | undefined;
  readonly pods: readonly KubeObject[];
  /** What the holder says. */
  readonly says: SnapshotStatus | undefined;
  readonly leads: boolean;
}

type Input = Omit<StepInput, 'hibernation'>;

export function hibernationOf(input: Input): Hibernation {
  const all = input.sets.map((set) => sleepingShard(input, set));
  const shards = new Map(all.map((shard) => [shard.name, shard]));
  const stage = stageOf(input, all);
  const faults = all.flatMap(({ name, says }) => (says?.phase === 'failed' || says?.phase === 'refused' ? [`${name}: ${says.message ?? 'no reason is given'}`] : []));
  return { stage, shards, faults, message: messageOf(stage, all, faults) };
}

function sleepingShard({ observed, intent }: Input, { wanted }: WantedSet): SleepingShard {
  const { name } = wanted.metadata;
  const ours = (kind: string): KubeObject | undefined => {
    const found = classify(observed.objects.get(objectId(kind, name)), intent);
    return found.kind === 'ours' ? found.object : undefined;
  };
  const [set, lease] = [ours('StatefulSet'), ours('Lease')];
  const holder = lease && primaryOf(lease);
  const report = holder === undefined ? undefined : observed.reports.get(holder);
  const pods = observed.pods.filter(({ metadata }) => metadata.name.slice(0, metadata.name.lastIndexOf('-')) === name);
  return {
    name,
    sealed: lease && sealedIn(lease),
    holder,
    newborn: lease !== undefined && holder === undefined && Number(specOf(lease).leaseTransitions ?? 0) === 0,
    replicas: set && Number(specOf(set).replicas ?? 1),
    pods,
    says: report?.snapshot,
    leads: report?.role === 'primary',
  };
}

const isStopped = ({ replicas }: SleepingShard): boolean => replicas === undefined || replicas === 0;

const isGone = (shard: SleepingShard): boolean => isStopped(shard) && shard.pods.length === 0;

/** All of it is on its volume, by the word of its primary and by its Lease; or it has never had anything. */
function isKept(shard: SleepingShard): boolean {
  if (isStopped(shard)) return shard.newborn || shard.sealed !== undefined;
  return shard.sealed !== undefined && shard.says?.phase === 'complete' && shard.says.id === shard.sealed;
}

const isUnderWay = ({ says }: SleepingShard): boolean => says !== undefined && says.phase !== 'loading' && says.phase !== 'refused';

function stageOf({ spec }: Input, shards: readonly SleepingShard[]): HibernationStage {
  if (spec.hibernate) {
    if (!shards.every(isKept)) return 'freezing';
    return shards.every(isGone) ? 'asleep' : 'stopping';
  }
  if (shards.some(isUnderWay)) return 'thawing';
  return shards.some(({ sealed }) => sealed !== undefined) ? 'waking' : 'awake';
}

/** Step: tells the primaries, and says what is waited for. */
export function hibernated({ hibernation, spec }: StepInput): StepResult {
  const { stage, shards, message, faults } = hibernation;
  const wrong = faults.length === 0 ? nothing : problem(spec.hibernate ? 'SnapshotFailed' : 'SnapshotRefused', message);
  if (stage === 'awake' || stage === 'asleep') return wrong;
  const actions = stage === 'stopping' || stage === 'waking' ? [] : [...shards.values()].flatMap((shard) => told(shard, stage === 'freezing'));
  return together([act(...actions), wrong, wait(reasonOf(stage), message)]);
}

/** The primary is told once; a node that failed tries again when it is told again and some time has passed. */
function told(shard: SleepingShard, on: boolean): readonly Action[] {
  const pod = shard.pods.find(({ metadata }) => metadata.name === shard.holder);
  if (pod === undefined || !isRunning(pod) || !shard.leads) return [];
  const due = on ? !isKept(shard) && (shard.says === undefined || shard.says.phase === 'failed' || shard.says.phase === 'thawing') : isUnderWay(shard) && shard.says?.phase !== 'thawing';
  return due ? [{ kind: 'hibernate', object: pod, on }] : [];
}

/** How many pods the shard's set may have now, where hibernation decides that. */
export function sleepingReplicas({ hibernation, spec, observed }: Pick<StepInput, 'hibernation' | 'spec' | 'observed'>, name: string, wanted: number): { readonly replicas: number; readonly sealed?: string } | undefined {
  const shard = hibernation.shards.get(name);
  if (shard === undefined) return undefined;
  const { sealed, newborn, replicas } = shard;
  if (spec.hibernate) {
    if (isStopped(shard)) return isKept(shard) ? { replicas: 0 } : undefined;
    // No pod stops before every shard of every region is kept.
    const mayStop = hibernation.stage === 'stopping' || observed.settings.bugs?.stopsUnkept === true;
    if (!mayStop || sealed === undefined) return newborn ? undefined : { replicas: Math.max(replicas ?? 0, 1) };
    return { replicas: 0, sealed };
  }
  // Who has the snapshot must come, even where the spec asks for fewer copies by now.
  return sealed === undefined ? undefined : { replicas: Math.max(wanted, replicas ?? 0, ordinalOf(shard) + 1) };
}

const ordinalOf = ({ holder = '' }: SleepingShard): number => Number(/\d+$/.exec(holder)?.[0] ?? 0);

export function reasonOf(stage: HibernationStage): string {
  const reasons = { awake: 'Awake', freezing: 'Hibernating', stopping: 'Hibernating', asleep: 'Hibernated', thawing: 'Waking', waking: 'Waking' } as const;
  return reasons[stage];
}

/** Enough to act on. */
const shown = 5;
const listed = (texts: readonly string[]): string => `${texts.slice(0, shown).join(', ')}${texts.length > shown ? ` and ${texts.length - shown} more` : ''}`;

function messageOf(stage: HibernationStage, shards: readonly SleepingShard[], faults: readonly string[]): string {
  const kept = shards.filter(isKept);
  const open = shards.filter((shard) => !isKept(shard));
  switch (stage) {
    case 'awake':
      return 'the cluster is awake';
    case 'freezing':
      return faults.length > 0
        ? `no snapshot of ${listed(faults)}; no pod is stopped; it is tried again, and spec.hibernate: false takes writes again`
        : `writes are refused; ${kept.length} of ${shards.length} shards have a complete snapshot; no pod is stopped before all have; waits for ${listed(open.map(progressOf))}`;
    case 'stopping':
      return `every shard has a complete snapshot; pods of ${shards.filter((shard) => !isGone(shard)).length} of ${shards.length} shards are still stopping`;
    case 'asleep':
      return `${shards.length} shards are kept on their volumes and no pod runs; spec.hibernate: false brings them back`;
    case 'thawing':
      return `spec.hibernate is false again before pods were stopped; ${listed(shards.filter(isUnderWay).map(({ name }) => name))} are to take writes again`;
    case 'waking': {
      const waking = shards.filter(({ sealed }) => sealed !== undefined);
      const words = `${shards.length - waking.length} of ${shards.length} shards are back; waits for ${listed(waking.map(progressOf))}`;
      return faults.length === 0 ? words : `${words}; the snapshot of ${listed(faults)}; without one a shard comes back empty after spec.emptyShardAfter`;
    }
  }
}

/** `demo-eu-s1 (writing, 1200 keys)`. */
function progressOf({ name, says, pods }: SleepingShard): string {
  if (says === undefined) return `${name} (${pods.some(isRunning) ? 'its primary does not answer yet' : 'its pods are not running yet'})`;
  return `${name} (${says.phase}${says.message === undefined ? '' : `: ${says.message}`}, ${says.keys} keys)`;
}
