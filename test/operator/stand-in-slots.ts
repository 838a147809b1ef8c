import type { NodeStatus } from '../../shared/admin/contract.ts';
import { ownershipMapSchema, targetsSchema, type OwnershipMap, type Targets } from '../../shared/kube/documents.ts';
import { ownershipKey, slotsConfigMap, targetsConfigMap, targetsKey } from '../../shared/kube/names.ts';
import { countSlots } from '../../shared/slots/ranges.ts';
import { KubeError, type KubePort } from '../../operator/kube/port.ts';
import { resourceTypes } from '../../operator/kube/types.ts';
import { ownersOf, rangesOf } from '../../operator/resharding/owners.ts';

/** What the nodes of a region do about slots: follow the targets, some slots a write of the map. */
export interface StandInSlots {
  /** Of one shard's primary. */
  report(namespace: string, cluster: string, region: string, shard: number): Promise<Pick<NodeStatus, 'slotsOwned' | 'ownershipVersion' | 'moves' | 'targetsGeneration'>>;
  /** Reads the targets and moves what is elsewhere; answers their generation. */
  follow(namespace: string, cluster: string, region: string): Promise<number | undefined>;
}

const slotsAWrite = 2000;

export function standInSlots(kube: KubePort): StandInSlots {
  const followed = new Map<string, number>();
  const read = async (namespace: string, name: string, key: string): Promise<{ readonly object: Awaited<ReturnType<KubePort['get']>>; readonly document: unknown }> => {
    const object = await kube.get(resourceTypes.configMap, namespace, name);
    const text = object?.data?.[key];
    return { object, document: text === undefined ? undefined : (JSON.parse(text) as unknown) };
  };
  const mapOf = async (namespace: string, cluster: string, region: string) => {
    const { object, document } = await read(namespace, slotsConfigMap(cluster, region), ownershipKey);
    return { object, map: document === undefined ? undefined : ownershipMapSchema.parse(document) };
  };
  const targetsOf = async (namespace: string, cluster: string, region: string): Promise<Targets | undefined> => {
    const { document } = await read(namespace, targetsConfigMap(cluster, region), targetsKey);
    return document === undefined ? undefined : targetsSchema.parse(document);
  };
  return {
    async report(namespace, cluster, region, shard) {
      const { map } = await mapOf(namespace, cluster, region);
      const generation = followed.get(`${namespace}/${cluster}/${region}`);
      return { slotsOwned: countSlots((map?.ranges ?? []).filter((range) => range.shard === shard)), ownershipVersion: map?.version ?? 0, moves: [], ...(generation === undefined ? {} : { targetsGeneration: generation }) };
    },
    async follow(namespace, cluster, region) {
      for (;;) {
        const targets = await targetsOf(namespace, cluster, region);
        if (targets) followed.set(`${namespace}/${cluster}/${region}`, targets.generation);
        const { object, map } = await mapOf(namespace, cluster, region);
        const next = map && targets && step(map, targets);
        if (!object || !next) return targets?.generation;
        try {
          await kube.replace(resourceTypes.configMap, { ...object, data: { [ownershipKey]: JSON.stringify(next) } });
        } catch (error) {
          if (!(error instanceof KubeError) || error.code !== 409) throw error;
        }
      }
    },
  };
}

/** Undefined when every slot is where it belongs. */
function step(map: OwnershipMap, targets: Targets): OwnershipMap | undefined {
  const owners = ownersOf(map.ranges);
  let left = slotsAWrite;
  for (const { from, to, shard } of targets.ranges) for (let slot = from; slot <= to && left > 0; slot += 1) if (owners[slot] !== shard) [owners[slot], left] = [shard, left - 1];
  if (left === slotsAWrite) return undefined;
  return { ...map, version: map.version + 1, ranges: rangesOf(owners).map((range) => ({ ...range, generation: map.version + 1 })) };
}
