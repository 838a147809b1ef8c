import type { KubeObject } from '../../../operator/kube/port.ts';
import { KubeError } from '../../../operator/kube/port.ts';
import { resourceTypes } from '../../../operator/kube/types.ts';
import type { LocalKube } from '../../../local/kube/local-kube.ts';
import { readLease, writeLease, type LeaseObject, type LeaseSight } from '../../../node/lease/document.ts';
import { parseTargets } from '../../../node/replication/moves/map-change.ts';
import { parseOwnershipText } from '../../../node/topology/ownership.ts';
import type { ShardConfig } from '../../../node/replication/config.ts';
import type { OwnershipMap, Targets } from '../../../shared/kube/documents.ts';
import { annotations, ownershipKey, shardName, slotsConfigMap, targetsConfigMap, targetsKey } from '../../../shared/kube/names.ts';
import type { Rng } from '../world/rng.ts';
import type { Scheduler } from '../world/scheduler.ts';
import { added } from './versions.ts';

/** What stands between the nodes and the API server. */
export interface NodeAccessFaults {
  away: boolean;
  /** Pods that cannot reach it. */
  readonly cutOff: Set<string>;
  lostAnswerChance: number;
  lostRequestChance: number;
  extraDelayMs: number;
}

const answerTimeoutMs = 1_000;
const manager = { manager: 'meridian-node' };

/** As a later build writes it. */
function withMore(lease: KubeObject): KubeObject {
  const text = lease.metadata.annotations?.[annotations.config] ?? '{}';
  return { ...lease, metadata: { ...lease.metadata, annotations: { ...lease.metadata.annotations, [annotations.config]: JSON.stringify({ ...(JSON.parse(text) as object), ...added }) } } };
}

/** Leases, ownership map and targets as the nodes of one region reach them: the documents are read and written by production's own code. */
export function createNodeAccess(world: Scheduler, rng: Rng, { api }: Pick<LocalKube, 'api'>, place: { readonly namespace: string; readonly cluster: string; readonly region: string; readonly isNext: (host: string) => boolean; /** The operator is of a later build. */ readonly byNext: () => boolean }) {
  const faults: NodeAccessFaults = { away: false, cutOff: new Set(), lostAnswerChance: 0, lostRequestChance: 0, extraDelayMs: 0 };
  const reaches = (host: string): boolean => !faults.away && !faults.cutOff.has(host);
  const delay = (): number => 1 + rng.unit() * 4 + rng.unit() * faults.extraDelayMs;

  /** Carried out when it arrives; undefined when no answer comes in time. */
  const request = <T>(host: string, act: () => T | undefined, answer: (result: T | undefined) => void): void => {
    let answered = false;
    const once = (result: T | undefined): void => {
      if (answered) return;
      answered = true;
      answer(result);
    };
    world.at(world.nowMs() + answerTimeoutMs, () => once(undefined));
    if (!reaches(host) || rng.chance(faults.lostRequestChance)) return;
    world.at(world.nowMs() + delay(), () => {
      const result = act();
      if (!reaches(host) || rng.chance(faults.lostAnswerChance)) return;
      world.at(world.nowMs() + delay(), () => once(result));
    });
  };
  const find = (kind: 'lease' | 'configMap', name: string): KubeObject | undefined => api.find(resourceTypes[kind], place.namespace, name);
  /** PUT at the version that it names. */
  const replace = <T>(kind: 'lease' | 'configMap', object: KubeObject, then: (written: KubeObject) => T): T | 'conflict' => {
    try {
      return then(api.replace(resourceTypes[kind], structuredClone(object), { ...manager, isPut: true }));
    } catch (error) {
      if (error instanceof KubeError && (error.code === 409 || error.code === 404)) return 'conflict';
      throw error;
    }
  };
  const mapIn = (object: KubeObject | undefined): OwnershipMap | undefined => {
    const map = object?.data === undefined ? 'missing' : parseOwnershipText(object.data[ownershipKey]);
    return typeof map === 'string' ? undefined : map;
  };
  const targetsIn = (): Targets | undefined => {
    const text = find('configMap', targetsConfigMap(place.cluster, place.region))?.data?.[targetsKey];
    const targets = text === undefined ? 'missing' : parseTargets({ ...(JSON.parse(text) as object), ...(place.byNext() ? added : {}) });
    return typeof targets === 'string' ? undefined : targets;
  };
  const mapName = slotsConfigMap(place.cluster, place.region);

  return {
    faults,
    targets: (): Targets | undefined => targetsIn(),
    map: (): OwnershipMap | undefined => mapIn(find('configMap', mapName)),
    maps: {
      read: (host: string, answer: (sight: { readonly map: OwnershipMap; readonly resourceVersion: string } | undefined) => void): void =>
        request(host, () => {
          const object = find('configMap', mapName);
          const map = mapIn(object);
          return map && { map, resourceVersion: object?.metadata.resourceVersion ?? '' };
        }, answer),
      write: (host: string, wanted: OwnershipMap, resourceVersion: string, answer: (result: 'ok' | 'conflict' | undefined) => void): void =>
        request<'ok' | 'conflict'>(host, () => {
          const object = find('configMap', mapName);
          if (object?.metadata.resourceVersion !== resourceVersion) return 'conflict';
          return replace('configMap', { ...object, data: { ...object.data, [ownershipKey]: JSON.stringify(place.isNext(host) ? { ...wanted, ...added } : wanted) } }, () => 'ok');
        }, answer),
    },
    lease(shard: number) {
      const name = shardName(place.cluster, place.region, shard);
      const configOf = (object: KubeObject | undefined): ShardConfig | undefined => {
        const sight = readLease(object as LeaseObject | undefined, `${name}-`);
        return sight.kind === 'config' ? sight.config : undefined;
      };
      return {
        /** As a node that wakes reads it; rejects when there is no answer. */
        sight: (host: string): Promise<LeaseSight> => new Promise((resolve, reject) => request<LeaseSight>(host, () => readLease(find('lease', name) as LeaseObject | undefined, `${name}-`), (sight) => (sight === undefined ? reject(new Error('no answer')) : resolve(sight)))),
        current: (): ShardConfig | undefined => configOf(find('lease', name)),
        read: (host: string, answer: (config: ShardConfig | undefined) => void): void => request(host, () => configOf(find('lease', name)), answer),
        swap: (host: string, wanted: ShardConfig, answer: (result: ShardConfig | 'conflict' | undefined) => void): void =>
          request<ShardConfig | 'conflict'>(host, () => {
            const live = find('lease', name);
            if (live?.metadata.resourceVersion !== wanted.resourceVersion) return 'conflict';
            const object = writeLease(live as unknown as LeaseObject, wanted) as unknown as KubeObject;
            const written = replace('lease', place.isNext(host) ? withMore(object) : object, configOf);
            return written ?? 'conflict';
          }, answer),
      };
    },
    readTargets: (host: string, answer: (targets: Targets | undefined) => void): void =>
      request(host, targetsIn, answer),
  };
}
