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

export interface WantedPort {
  readonly port: number;
  /** For people: what it is for and the flag that moves it. */
  readonly purpose: string;
}

/** Why these ports cannot all be had on any machine: one that is wanted twice, or that does not exist. */
export function planFault(wanted: readonly WantedPort[]): string | undefined {
  const purposes = new Map<number, string>();
  for (const { port, purpose } of wanted) {
    const other = purposes.get(port);
    if (other !== undefined) return `port ${port} is wanted twice (${other}; ${purpose}): choose --port, --http-port and --status-port further apart`;
    if (port > 65_535) return `there is no port ${port} (${purpose}): choose a lower first port`;
    purposes.set(port, purpose);
  }
  return undefined;
}

const keptPorts = 1000;

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
    /** Ports that pods added later will take: kept free of everything else. */
    keeps: (port: number): boolean => [firstRedis, firstHttp].some((first) => port >= first && port < first + keptPorts),
    /** Gives ports to a cluster's pods in their order, before any of them asks. */
    reserve(namespace: string, shape: ClusterShape): readonly ClientPorts[] {
      return podsInOrder(shape).map((pod) => portsOf(namespace, pod));
    },
  };
}

export type PortPlan = ReturnType<typeof createPortPlan>;
