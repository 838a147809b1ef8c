import type { LocalKube } from '../../../local/kube/local-kube.ts';
import type { ShardConfig } from '../../../node/replication/config.ts';
import { primaryOf, sealedIn } from '../../../operator/actions/execute.ts';
import { regionOf, shardOf } from '../../../operator/cluster/observed.ts';
import type { KubeObject, KubePort } from '../../../operator/kube/port.ts';
import { resourceTypes } from '../../../operator/kube/types.ts';
import type { CacheClusterSpec } from '../../../shared/resources/cache-cluster/resource.ts';
import type { Scheduler } from '../world/scheduler.ts';
import { namespace } from './names.ts';
import { isReady } from './node-api.ts';
import type { SimProcess } from './sim-pods.ts';

export interface DisruptionOptions {
  readonly world: Scheduler;
  readonly kube: LocalKube;
  readonly spec: () => CacheClusterSpec;
  readonly processes: ReadonlyMap<string, SimProcess>;
  /** By the map: who owns none is missed by nobody. */
  readonly ownsSlots: (region: string, shard: number) => boolean;
  readonly leaseOf: (region: string, shard: number) => ShardConfig | undefined;
  readonly broken: (what: string) => void;
  readonly note: (line: string) => void;
}

interface Disturbed {
  /** Those that were taken. */
  readonly pods: Set<string>;
  readonly name: string;
  readonly region: string;
  readonly shard: number;
}

const lookMs = 25;
/** A shard may be whole for some 20 ms only before it hands over. */
const closeLookMs = 3;
/** Between what a guard has read and the request there is the network: who leads since less than this may be hit. */
const raceMs = 3_000;
/** A limit that was lowered: what is under way goes on. */
const limitMemoryMs = 20_000;

/**
 * The operator's writes that take something away, judged against what is (not what its caches say): never more shards disturbed than
 * `maxUnavailableShards`, one region at a time, no primary while another copy could lead, never the last copy in sync. A shard is disturbed from
 * the moment that the operator takes one of its pods until all its copies were in sync once more.
 */
export function createDisruptionJudge({ world, kube, spec, processes, ownsSlots, leaseOf, broken, note }: DisruptionOptions) {
  const { port, api } = kube;
  const disturbed = new Map<string, Disturbed>();
  const limits: { readonly atMs: number; readonly most: number }[] = [];
  /** Until when the Lease of a shard named a snapshot. */
  const kept = new Map<string, number>();
  const leading = new Map<string, { readonly pod: string; readonly sinceMs: number }>();

  const podsOf = ({ name }: Disturbed): readonly string[] => {
    const set = api.find(resourceTypes.statefulSet, namespace, name);
    return Array.from({ length: Number(set?.spec?.replicas ?? 0) }, (_, index) => `${name}-${index}`);
  };
  const isComplete = (one: Disturbed): boolean => {
    const config = leaseOf(one.region, one.shard);
    return podsOf(one).every((pod) => {
      const process = processes.get(pod);
      return process?.node !== undefined && !process.terminating && isReady(process.node) && config?.isr.includes(pod) === true;
    });
  };
  const look = (): void => {
    for (const one of [...disturbed.values()]) if (isComplete(one) || !ownsSlots(one.region, one.shard)) disturbed.delete(one.name);
    world.at(world.nowMs() + (disturbed.size > 0 ? closeLookMs : lookMs), look);
  };
  world.at(world.nowMs(), look);
  api.context.store.subscribe(({ object }) => {
    if (object.kind === 'CacheCluster') limits.push({ atMs: world.nowMs(), most: spec().rollout.maxUnavailableShards });
    if (object.kind === 'Lease' && sealedIn(object) !== undefined) kept.set(object.metadata.name, Infinity);
    else if (object.kind === 'Lease' && kept.get(object.metadata.name) === Infinity) kept.set(object.metadata.name, world.nowMs());
    const primary = object.kind === 'Lease' ? primaryOf(object) ?? '' : '';
    if (primary !== '' && leading.get(object.metadata.name)?.pod !== primary) leading.set(object.metadata.name, { pod: primary, sinceMs: world.nowMs() });
  });

  const mostNow = (): number => Math.max(...limits.filter(({ atMs }, index) => atMs > world.nowMs() - limitMemoryMs || index === limits.length - 1).map(({ most }) => most));
  const place = (pod: KubeObject): Disturbed => ({ name: pod.metadata.name.replace(/-\d+$/, ''), region: regionOf(pod) ?? '', shard: shardOf(pod) ?? -1, pods: new Set() });

  /** Said only of what was carried out. */
  const judge = (pod: KubeObject): (() => void) => {
    const { name } = pod.metadata;
    const one = place(pod);
    const node = processes.get(name)?.node;
    const served = node !== undefined && isReady(node);
    const config = leaseOf(one.region, one.shard);
    const others = [...disturbed.values()].filter((other) => other.name !== one.name);
    const copies = podsOf(one);
    const found: string[] = [];
    if (served) {
      if (others.length >= mostNow()) found.push(`${name} was taken while ${others.map((other) => other.name).join(' and ')} had not all copies back`);
      const elsewhere = others.find(({ region }) => region !== one.region);
      if (elsewhere !== undefined) found.push(`${name} was taken while a shard of another region, ${elsewhere.name}, had not all copies back`);
      const lead = leading.get(one.name);
      if (copies.length > 1 && ownsSlots(one.region, one.shard) && config?.primary === name && lead?.pod === name && world.nowMs() - lead.sinceMs > raceMs) found.push(`${name} was taken while it led its shard`);
      // The very pod that was taken may be taken again before it is of use to anybody.
      if (disturbed.get(one.name)?.pods.has(name) === false) found.push(`${name} was taken while its own shard had not all copies back`);
    }
    return () => {
      for (const what of found) broken(what);
      if (served && copies.includes(name)) {
        if (!disturbed.has(one.name)) disturbed.set(one.name, one);
        disturbed.get(one.name)?.pods.add(name);
      }
      note(`${name} is taken; disturbed: ${[...disturbed.keys()].join(' ')}`);
    };
  };

  /** H1: no pod stops before each shard that has slots, and that anybody has led, is named by its Lease. */
  const judgeSleep = (name: string): void => {
    note(`${name} is put to sleep`);
    for (const lease of api.list(resourceTypes.lease, { namespace }).items) {
      const { name: shard } = lease.metadata;
      const sinceMs = world.nowMs() - (kept.get(shard) ?? -Infinity);
      if (ownsSlots(regionOf(lease) ?? '', shardOf(lease) ?? -1) && primaryOf(lease) !== undefined && sealedIn(lease) === undefined && sinceMs > raceMs) broken(`${name} was put to sleep while no snapshot of ${shard} was kept`);
    }
  };

  const judged: KubePort = {
    ...port,
    async apply(type, object, options) {
      const before = type.kind === 'StatefulSet' ? api.find(type, object.metadata.namespace, object.metadata.name) : undefined;
      const lead = leading.get(object.metadata.name);
      const ordinal = Number(/-(\d+)$/.exec(lead?.pod ?? '')?.[1] ?? -1);
      const had = Number(before?.spec?.replicas ?? 0);
      const wanted = Number(object.spec?.replicas ?? had);
      const written = await port.apply(type, object, options);
      if (wanted === 0 && had > 0) judgeSleep(object.metadata.name);
      else if (lead !== undefined && wanted < had && ordinal >= wanted && world.nowMs() - lead.sinceMs > raceMs) broken(`${object.metadata.name} was made smaller while ${lead.pod} led it`);
      return written;
    },
    async evict(space, name, options) {
      const pod = api.find(resourceTypes.pod, space, name);
      const after = pod && options?.dryRun !== true ? judge(pod) : undefined;
      await port.evict(space, name, options);
      after?.();
    },
    async delete(type, space, name, options) {
      const pod = type.kind === 'Pod' ? api.find(type, space, name) : undefined;
      const after = pod && pod.metadata.deletionTimestamp === undefined ? judge(pod) : undefined;
      const done = await port.delete(type, space, name, options);
      if (done) after?.();
      return done;
    },
  };
  return { port: judged };
}
