import { podName } from '../shared/kube/names.ts';

export interface ClientPorts {
  readonly redis: number;
  readonly http: number;
}

/** What of a CacheCluster decides how many nodes it has, and their order. */
export interface ClusterShape {
  readonly name: string;
  readonly shards: number;
  readonly regions: readonly { readonly name: string; readonly replicas: number }[];
}

/** Pods of a cluster in the order in which they get their ports: region by region, shard by shard, copy by copy. */
export function podsInOrder(shape: ClusterShape): readonly string[] {
  const shards = Array.from({ length: shape.shards }, (_, shard) => shard);
  return shape.regions.flatMap((region) => shards.flatMap((shard) => Array.from({ length: 1 + region.replicas }, (_, index) => podName(shape.name, region.name, shard, index))));
}

/**
 * Client ports of local mode. A pod keeps its ports for ever, over restarts and over being recreated; a pod added later
 * takes the next free pair. Pods are told apart by namespace and name.
 */
export function createPortPlan(firstRedis: number, firstHttp: number) {
  const given = new Map<string, ClientPorts>();
  const portsOf = (namespace: string, pod: string): ClientPorts => {
    const key = `${namespace}/${pod}`;
    const known = given.get(key);
    if (known !== undefined) return known;
    const next = { redis: firstRedis + given.size, http: firstHttp + given.size };
    given.set(key, next);
    return next;
  };
  return {
    portsOf,
    /** Gives ports to a cluster's pods in their order, before any of them asks. */
    reserve(namespace: string, shape: ClusterShape): readonly ClientPorts[] {
      return podsInOrder(shape).map((pod) => portsOf(namespace, pod));
    },
  };
}

export type PortPlan = ReturnType<typeof createPortPlan>;
