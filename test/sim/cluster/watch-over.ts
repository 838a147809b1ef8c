import type { LocalKube } from '../../../local/kube/local-kube.ts';
import type { KubeObject } from '../../../operator/kube/port.ts';
import { regionOf as regionIn, shardOf } from '../../../operator/cluster/observed.ts';
import { ownersOf } from '../../../operator/resharding/owners.ts';
import { sealedIn } from '../../../operator/actions/execute.ts';
import { leaseConfigSchema, targetsSchema } from '../../../shared/kube/documents.ts';
import { annotations, targetsKey } from '../../../shared/kube/names.ts';
import type { CacheClusterStatus } from '../../../shared/resources/cache-cluster/resource.ts';
import type { Scheduler } from '../world/scheduler.ts';
import type { ClusterRegion } from './sim-region.ts';

interface WatchOptions {
  readonly world: Scheduler;
  readonly note: (line: string) => void;
  readonly broken: (what: string) => void;
  readonly regions: () => readonly ClusterRegion[];
  readonly regionOf: (name: string) => ClusterRegion;
}

/** From what an operator has seen to the write that follows from it, at most. */
const approvalMemoryMs = 12_000;
/** From what a node has decided to the map that shows it, and on to the operator. */
const orderMs = 8_000;
const lookMs = 200;

/** What no change of a stored object may do, judged as each is made. */
export function watchOver({ api }: Pick<LocalKube, 'api'>, { world, note, broken, regions, regionOf }: WatchOptions) {
  const epochs = new Map<string, number>();
  const secrets = new Map<string, string>();
  /** Epochs in which somebody was in sync, by Lease and its UID. */
  const led = new Map<string, { readonly uid: string; readonly epochs: Set<number> }>();
  const planned = { ask: '', hash: '', slots: Infinity };
  // Moves that were ordered by earlier targets may still take slots to where the new ones do not want them.
  let uninformedMs = 0;
  const look = (): void => {
    if (regions().some((region) => !region.isInformed())) uninformedMs = world.nowMs();
    world.at(world.nowMs() + lookMs, look);
  };
  world.at(world.nowMs(), look);

  const onLease = ({ metadata: { name, uid = '', annotations: own }, spec }: KubeObject): void => {
    const epoch = Number(spec?.leaseTransitions ?? 0);
    if (epoch < (epochs.get(name) ?? 0)) broken(`Lease ${name} fell back from epoch ${epochs.get(name)} to ${epoch}`);
    epochs.set(name, epoch);
    const text = own?.[annotations.config];
    if (led.get(name)?.uid !== uid) led.set(name, { uid, epochs: new Set() });
    if (text !== undefined && leaseConfigSchema.parse(JSON.parse(text)).isr.length > 0) led.get(name)?.epochs.add(epoch);
    note(`Lease ${name} ${epoch} ${String(spec?.holderIdentity)} ${text === undefined ? '' : leaseConfigSchema.parse(JSON.parse(text)).isr.join()}${sealedIn({ metadata: { name, annotations: own } } as KubeObject) === undefined ? '' : ' sealed'}`);
  };
  const onSecret = ({ metadata: { name }, data }: KubeObject): void => {
    const text = JSON.stringify(data);
    if ((secrets.get(name) ?? text) !== text) broken(`Secret ${name} was written anew`);
    secrets.set(name, text);
  };
  /** Of one plan, what is left to do only shrinks while nobody asks for anything else. */
  const onStatus = ({ metadata, spec, status }: KubeObject): void => {
    const { plan, conditions = [] } = (status ?? {}) as CacheClusterStatus;
    const ask = JSON.stringify([spec, metadata.annotations]);
    const { hash = '', slots = 0 } = plan ?? {};
    const sure = world.nowMs() - uninformedMs > orderMs;
    if (sure && hash !== '' && hash === planned.hash && ask === planned.ask && slots > planned.slots) broken(`plan ${hash} grew from ${planned.slots} slots to ${slots}`);
    Object.assign(planned, { ask, hash, slots: sure ? slots : Infinity });
    note(`status ${conditions.filter((one) => one.status === 'True').map((one) => `${one.type}=${one.reason}`).join(' ')} plan ${hash} ${slots}`);
  };
  /** Who asked for what, and since when. */
  const asked: { readonly atMs: number; readonly manual: boolean; readonly approve: string | undefined }[] = [];
  const onAsk = ({ metadata, spec }: KubeObject): void => {
    const manual = (spec?.resharding as { readonly approval?: string } | undefined)?.approval === 'manual';
    const approve = metadata.annotations?.[annotations.approve];
    if (asked.at(-1)?.manual !== manual || asked.at(-1)?.approve !== approve) asked.push({ atMs: world.nowMs(), manual, approve });
  };
  const plans = new Map<string, string>();
  const generations = new Map<string, number>();
  const onTargets = (object: KubeObject): void => {
    const { metadata: { name }, data } = object;
    const { plan, ranges, generation, cancelled } = targetsSchema.parse(JSON.parse(data?.[targetsKey] ?? ''));
    note(`${name} ${generation} plan ${plan ?? ''} ${cancelled === undefined ? '' : `cancelled ${cancelled} `}${ranges.map(({ from, to, shard }) => `${from}-${to}:${shard}`).join(' ')}`);
    // What was ordered before goes on for a while.
    if (generations.get(name) !== generation) uninformedMs = world.nowMs();
    generations.set(name, generation);
    const isNew = plan !== undefined && plans.get(name) !== plan;
    if (plan !== undefined) plans.set(name, plan);
    const lately = asked.filter((_, index) => index === asked.length - 1 || asked[index + 1].atMs > world.nowMs() - approvalMemoryMs);
    // By the oldest that an operator may have seen when it decided. A plan that asks for what is needs nobody's approval.
    const map = regionOf(regionIn(object) ?? '').access.map();
    const owners = ownersOf(map?.ranges ?? []);
    const moves = ownersOf(ranges).some((owner, slot) => owner !== owners[slot]);
    if (isNew && moves && lately.every((one) => one.manual && one.approve !== plan)) broken(`plan ${plan} is carried out, and nobody approved it`);
  };
  const templates = new Map<string, string>();
  /** Nothing of what people change here is in the template but the image: whichever build of the operator writes it. */
  const onSet = ({ metadata: { name }, spec }: KubeObject): void => {
    const { metadata, spec: pod } = (spec?.template ?? {}) as { readonly metadata?: { readonly labels?: unknown }; readonly spec?: unknown };
    const text = JSON.stringify([metadata?.labels, pod]).replaceAll(/registry\.example\/meridian:\w+/g, 'image');
    if ((templates.get(name) ?? text) !== text) broken(`the template of ${name} was changed, and nobody asked for that`);
    templates.set(name, text);
  };
  const onGone = (object: KubeObject): void => {
    const [region, shard] = [regionIn(object), shardOf(object)];
    const { kind, metadata: { name } } = object;
    if (kind === 'Pod') note(`pod ${name} is gone`);
    if (region === undefined) return;
    if (kind === 'ConfigMap' && name.endsWith('-slots')) broken(`ConfigMap ${name} was deleted`);
    if (shard === undefined || (kind !== 'StatefulSet' && kind !== 'Lease')) return;
    note(`${kind} ${name} is gone`);
    if (regionOf(region).ownsSlots(shard)) broken(`${kind} ${name} was deleted while its shard has slots`);
    const leader = regionOf(region).wires.living().find((node) => node.shard === shard && node.leads);
    if (leader?.isInvolved({ from: 0, to: 16_383 }) === true) broken(`${kind} ${name} was deleted while ${leader.name} has something of a move`);
    if (kind === 'Lease') {
      const alive = regionOf(region).wires.living().filter((node) => node.shard === shard);
      if (alive.length > 0) broken(`Lease ${name} was deleted while ${alive.map((node) => node.name).join(' and ')} could hold it`);
    }
  };

  api.context.store.subscribe(({ type, object, previous }) => {
    if (type === 'DELETED') return onGone(object);
    if (object.kind === 'StatefulSet' && object.metadata.deletionTimestamp !== undefined && previous?.metadata.deletionTimestamp === undefined) onGone(object);
    if (object.kind === 'StatefulSet') onSet(object);
    if (object.kind === 'Lease') onLease(object);
    if (object.kind === 'Secret') onSecret(object);
    if (object.kind === 'ConfigMap' && object.metadata.name.endsWith('-targets')) onTargets(object);
    if (object.kind === 'CacheCluster') {
      onAsk(object);
      onStatus(object);
    }
    return undefined;
  });
  return {
    /** False for the first that lead a new shard. */
    everInSync: (pod: string): boolean => (led.get(pod.replace(/-\d+$/, ''))?.epochs.size ?? 0) > 1,
  };
}
