import { annotations, podName } from '../../shared/kube/names.ts';
import { copiesInSyncOf, primaryOf } from '../actions/execute.ts';
import type { KubeObject } from '../kube/port.ts';
import type { PodTemplate } from '../resources/pod-template.ts';
import { isReady } from './health.ts';
import { classify, objectId, specOf } from './observed.ts';
import type { StepInput, WantedSet } from './step.ts';

/** One copy of a shard beside what the spec asks of it. */
export interface Copy {
  readonly name: string;
  readonly pod: KubeObject | undefined;
  /** Runs something else than the spec asks for. */
  readonly outdated: boolean;
  readonly ready: boolean;
  /** In the Lease's in-sync set, ready or not. */
  readonly counted: boolean;
  readonly inSync: boolean;
  readonly primary: boolean;
  /** Being deleted. */
  readonly going: boolean;
  /** No process runs in it: nothing is lost with it. */
  readonly dead: boolean;
}

/** A shard of one region, as a roll sees it. */
export interface Shard {
  /** Of its set and Lease. */
  readonly name: string;
  readonly region: string;
  /** Absent: not made yet. */
  readonly set: KubeObject | undefined;
  /** The set starts pods as the spec asks for, and its controller has seen that. */
  readonly released: boolean;
  /** Those that the spec asks for, then those that its set has beyond. */
  readonly copies: readonly Copy[];
  /** How many the spec asks for. */
  readonly wanted: number;
  /** Every copy is there and in sync. */
  readonly complete: boolean;
}

export function hashOfTemplate(set: KubeObject): string | undefined {
  return (specOf(set).template as PodTemplate | undefined)?.metadata.annotations?.[annotations.templateHash];
}

export const shardsIn = (input: StepInput): readonly Shard[] => input.sets.map((set) => shardOf(input, set));

function shardOf({ observed, intent }: StepInput, { region, shard, wanted }: WantedSet): Shard {
  const { name } = wanted.metadata;
  const ours = (kind: string): KubeObject | undefined => {
    const found = classify(observed.objects.get(objectId(kind, name)), intent);
    return found.kind === 'ours' ? found.object : undefined;
  };
  const [set, lease] = [ours('StatefulSet'), ours('Lease')];
  const inSync = (lease && copiesInSyncOf(lease)) ?? [];
  const primary = lease && primaryOf(lease);
  const count = set === undefined ? 1 + region.replicas : Math.max(1 + region.replicas, Number(specOf(set).replicas ?? 1));
  const copies = Array.from({ length: count }, (_, index): Copy => {
    const pod = observed.pods.find(({ metadata }) => metadata.name === podName(intent.name, region.name, shard, index));
    const ready = isReady(pod);
    const own = podName(intent.name, region.name, shard, index);
    const counted = inSync.includes(own);
    return { name: own, pod, ready, outdated: pod !== undefined && pod.metadata.annotations?.[annotations.templateHash] !== hashOfTemplate(wanted), counted, inSync: ready && counted, primary: own === primary, going: pod?.metadata.deletionTimestamp !== undefined, dead: pod !== undefined && isDead(pod) };
  });
  const released = set !== undefined && hashOfTemplate(set) === hashOfTemplate(wanted) && Number(set.status?.observedGeneration ?? set.metadata.generation ?? 0) >= (set.metadata.generation ?? 0);
  return { name, region: region.name, set, released, copies, wanted: 1 + region.replicas, complete: observed.settings.bugs?.halfAShardIsEnough === true ? copies.some((copy) => copy.inSync) : copies.every((copy) => copy.inSync) };
}

interface ContainerStatus {
  readonly restartCount?: number;
  readonly state?: { readonly waiting?: Reason; readonly terminated?: Reason; readonly running?: unknown };
  readonly lastState?: { readonly terminated?: Reason };
}

interface Reason {
  readonly reason?: string;
  readonly message?: string;
  readonly exitCode?: number;
}

const statusesOf = (pod: KubeObject): readonly ContainerStatus[] => (pod.status?.containerStatuses ?? []) as readonly ContainerStatus[];

/** No process runs, by the kubelet's own word: a machine that is away leaves its pods' containers running. */
export function isDead(pod: KubeObject): boolean {
  const statuses = statusesOf(pod);
  if (pod.status?.phase === 'Pending') return statuses.every(({ state }) => state?.running === undefined);
  return statuses.length > 0 && statuses.every(({ state }) => state?.waiting !== undefined || state?.terminated !== undefined);
}

/** Waiting reasons that are the way up, not a fault. */
const usual: ReadonlySet<string> = new Set(['ContainerCreating', 'PodInitializing']);

/** Why a pod does not become healthy, in the kubelet's or scheduler's words; undefined while nothing speaks against it. */
export function faultOf(pod: KubeObject): string | undefined {
  const [status] = statusesOf(pod);
  const { waiting } = status?.state ?? {};
  if (waiting?.reason !== undefined && !usual.has(waiting.reason)) return words(waiting);
  const ended = status?.state?.terminated ?? status?.lastState?.terminated;
  if (ended !== undefined && !isReady(pod)) return `its process ended${ended.exitCode === undefined ? '' : ` with ${ended.exitCode}`} (${status?.restartCount ?? 0} restarts)`;
  const conditions = (pod.status?.conditions ?? []) as readonly { readonly type: string; readonly status: string; readonly message?: string }[];
  const unscheduled = conditions.find(({ type, status: holds }) => type === 'PodScheduled' && holds === 'False');
  return unscheduled === undefined ? undefined : `it cannot be scheduled: ${unscheduled.message ?? 'no machine is named'}`;
}

/** What keeps pods from becoming healthy, in one sentence; undefined while nothing speaks against any of them. */
export function faultsIn(input: StepInput): string | undefined {
  const faults = shardsIn(input).flatMap(({ copies }) => copies.flatMap(({ name, pod, ready }) => {
    const fault = pod === undefined || ready ? undefined : faultOf(pod);
    return fault === undefined ? [] : [`pod ${name} does not become healthy: ${fault}`];
  }));
  return faults.length > 1 ? `${faults[0]} (and ${faults.length - 1} more)` : faults[0];
}

const words = ({ reason = '', message }: Reason): string => (message === undefined ? reason : `${reason}: ${message}`);
