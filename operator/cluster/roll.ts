import type { Action } from '../actions/action.ts';
import type { KubeObject } from '../kube/port.ts';
import { resourceTypes } from '../kube/types.ts';
import { faultOf, shardsIn, type Copy, type Shard } from './copies.ts';
import type { StepInput, Wait } from './step.ts';

/** How far pods that are not as the spec asks for may be replaced now. */
export interface Roll {
  /** Sets, by name, that may start pods as the spec asks for now; the others go on with what they run. */
  readonly released: ReadonlySet<string>;
  /** Sets, by name, that run one pod more than the spec asks for: the keys of a shard without copies stay in it meanwhile. */
  readonly extra?: ReadonlySet<string>;
  readonly actions: readonly Action[];
  /** What it does or waits for; absent when every pod is as the spec asks for. */
  readonly finding?: Wait;
}

/**
 * Replaces pods as Kubernetes never would: region by region, at most `maxUnavailableShards` shards at a time, replicas first, then
 * a switchover, the old primary last, each only while every other copy of the cluster is in sync. A set gets its new template when
 * its shard's turn comes, so a pod that goes by itself comes back as it was. A shard without copies gets one for as long. A new pod that does not become healthy is where it
 * stops; when the spec changes again, or back, that pod is the first to be replaced.
 */
export function rollOf(input: StepInput): Roll {
  const shards = shardsIn(input).filter(({ set }) => set !== undefined);
  const outdated = shards.filter(isOutdated);
  // Nobody is disturbed now; whoever has no pod left starts as the spec asks for when it wakes.
  if (input.spec.hibernate) return { released: new Set(shards.filter(({ released, copies }) => released || copies.every(({ pod }) => pod === undefined)).map(({ name }) => name)), actions: [] };
  if (outdated.length === 0) return { released: new Set(shards.filter(({ released }) => released).map(({ name }) => name)), actions: [] };
  const { paused, maxUnavailableShards } = input.spec.rollout;
  // What is half done, or lacks a copy, is finished first.
  const { region } = outdated.find((shard) => !shard.complete) ?? outdated.find(hasBegun) ?? outdated[0];
  const { bugs } = input.observed.settings;
  const active = outdated.filter((shard) => shard.region === region || bugs?.allRegionsAtOnce === true);
  const begun = active.filter(hasBegun);
  // Whose every process is gone serves nobody: its turn is now, wherever it is.
  const lifeless = outdated.filter(({ copies }) => copies.every(({ pod, dead }) => pod === undefined || dead));
  const others = shards.filter((shard) => !shard.complete && !begun.includes(shard) && !lifeless.includes(shard));
  const next = (others.length > 0 && bugs?.allRegionsAtOnce !== true) || paused ? [] : active.filter((shard) => !begun.includes(shard)).slice(0, Math.max(0, (bugs?.allRegionsAtOnce === true ? active.length : maxUnavailableShards) - begun.length));
  const turn = [...begun, ...next, ...(paused ? [] : lifeless)];
  const released = new Set([...shards.filter((shard) => shard.released && !isOutdated(shard)), ...turn].map(({ name }) => name));
  // More may have begun than may be disturbed: copies that were added meanwhile come up with the new template in every shard.
  const disturbed = turn.filter((shard) => !shard.complete);
  const free = new Set([...disturbed, ...turn.filter((shard) => shard.complete).slice(0, Math.max(0, maxUnavailableShards - disturbed.length))]);
  const mayBegin = (shard: Shard): boolean => (others.length === 0 && (free.has(shard) || bugs?.rollsAllBegun === true)) || bugs?.allRegionsAtOnce === true;
  const moves = paused ? [] : turn.filter((shard) => shard.released).map((shard) => moveOf(shard, mayBegin(shard), bugs?.primaryTaken === true));
  const extra = new Set(turn.filter(needsExtra).map(({ name }) => name));
  return { released, extra, actions: moves.flatMap(({ actions }) => actions), finding: findingOf(input, shards, { paused, region, others, waits: moves.map(({ wait }) => wait) }) };
}

const isOutdated = ({ copies, released }: Shard): boolean => copies.some((copy) => copy.outdated) || (!released && copies.every(({ pod }) => pod === undefined));

/** Its only pod holds keys, and is to be replaced. */
const needsExtra = ({ copies, wanted }: Shard): boolean => wanted === 1 && copies[0].outdated && (copies.length > 1 || copies[0].inSync);

/** Its set starts new pods already: this shard is finished before another one is disturbed. */
const hasBegun = ({ copies, complete }: Shard): boolean => !complete || copies.some(({ pod, outdated }) => pod !== undefined && !outdated);

interface Move {
  readonly actions: readonly Action[];
  /** Why nothing more happens to the shard just now. */
  readonly wait: string;
  /** A new pod does not become healthy. */
  readonly stopped?: boolean;
}

const waiting = (wait: string): Move => ({ actions: [], wait });

/** The next move of a shard whose turn it is; `othersInSync`: nobody else of the cluster misses a copy. */
function moveOf(shard: Shard, othersInSync: boolean, anyhow: boolean): Move {
  const { name, copies } = shard;
  const going = copies.find((copy) => copy.going);
  if (going) return waiting(`${going.name} is stopping`);
  const useless = copies.find((copy) => copy.outdated && (copy.dead || (!copy.ready && (copies.length === 1 || (!copy.primary && !copy.counted)))));
  if (useless) return { actions: [remove(name, useless, copies.length)], wait: `${useless.name} is replaced` };
  const unfinished = copies.find((copy) => !copy.inSync);
  if (unfinished) {
    const fault = unfinished.pod && faultOf(unfinished.pod);
    const why = needsExtra(shard) ? ' (a shard without copies gets a second one until its pod is replaced, to keep its keys)' : '';
    return fault === undefined ? waiting(`${unfinished.name} is to be in sync`) : { actions: [], wait: `pod ${unfinished.name} does not become healthy: ${fault}${why}`, stopped: true };
  }
  if (!othersInSync) return waiting(`${name} waits for the others`);
  const replica = copies.findLast((copy) => copy.outdated && !copy.primary);
  if (replica?.pod) return { actions: [evict(name, replica, copies)], wait: `${replica.name} is replaced` };
  const primary = copies.find((copy) => copy.outdated);
  if (!primary?.pod) return waiting(`${name} is done`);
  if (anyhow) return { actions: [{ kind: 'evict', object: { ...primary.pod, kind: 'Pod' } }], wait: `${primary.name} is replaced` };
  const successor = copies.find((copy) => !copy.primary && copy.inSync);
  if (!successor) return waiting(`${name} gets a second copy first, which keeps its keys`);
  return { actions: [{ kind: 'switchover', object: primary.pod, to: successor.name }], wait: `${primary.name} hands over to ${successor.name}` };
}

/** By the Eviction API: one budget with whoever drains a machine. Read again before: it must not lead, and nobody else may be missing. */
function evict(lease: string, { pod, name }: Copy, copies: readonly Copy[]): Action {
  const others = copies.filter((copy) => copy.name !== name).map((copy) => copy.name);
  return { kind: 'evict', object: { ...pod!, kind: 'Pod' }, guard: { lease, notHeldBy: [name], inSync: others } };
}

/** One that serves nobody: a budget counts healthy pods only, and that of a single copy would never let it go. */
function remove(lease: string, copy: Copy, copies: number): Action {
  const guard = copy.dead || copies === 1 ? undefined : { lease, notHeldBy: [copy.name], notInSync: [copy.name] };
  return { kind: 'delete', type: resourceTypes.pod, object: { ...copy.pod!, kind: 'Pod' }, irreversible: true, ...(guard ? { guard } : {}) };
}

interface Circumstances {
  readonly paused: boolean;
  readonly region: string;
  readonly others: readonly Shard[];
  readonly waits: readonly string[];
}

function findingOf(input: StepInput, shards: readonly Shard[], { paused, region, others, waits }: Circumstances): Wait {
  const copies = shards.flatMap((shard) => shard.copies);
  const left = copies.filter((copy) => copy.outdated).length;
  const what = `${copies.length - left} of ${copies.length} pods are as the spec asks for${imagesOf(input, shards)}`;
  if (paused) return { reason: 'Paused', message: `${what}; spec.rollout.paused keeps the other ${left} as they are` };
  const stopped = waits.find((wait) => wait.includes('does not become healthy'));
  if (stopped !== undefined) return { reason: 'PodNotHealthy', message: `stopped: ${stopped}. ${what}; the others stay as they are until the spec is corrected or set back` };
  if (others.length > 0) return { reason: 'WaitingForCopies', message: `${what}; ${others[0].name} is to have all its copies in sync before the next pod is replaced` };
  return { reason: 'ReplacingPods', message: `${what}; region ${region}: ${waits.join(', ') || 'the next shard is about to begin'}` };
}

function imagesOf(input: StepInput, shards: readonly Shard[]): string {
  const wanted = input.intent.image;
  const earlier = shards.flatMap(({ copies }) => copies.flatMap(({ pod }) => (pod ? [imageOfPod(pod)] : []))).find((image) => image !== undefined && image !== wanted);
  return earlier === undefined ? '' : ` (image ${earlier} to ${wanted})`;
}

const imageOfPod = ({ spec }: KubeObject): string | undefined => (spec?.containers as readonly { readonly image?: string }[] | undefined)?.[0]?.image;
