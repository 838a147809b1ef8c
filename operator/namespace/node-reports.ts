import type { NamespaceFigures, NamespacesDocument, NodeNamespaces } from '../../shared/namespaces/document.ts';
import type { Clock } from '../../shared/ports/ports.ts';
import type { NodeApi, NodeTarget } from '../node-api/node-api.ts';
import type { Gauges } from './observed.ts';

/** A node, and the region it is in. */
export interface NodeOfRegion {
  readonly target: NodeTarget;
  readonly region: string;
}

/** What nodes have said about namespaces, kept by pod UID. They are told and asked beside the passes: one that is silent holds none up. */
export interface NodeReports {
  /** The revision that a node last said it has in force. */
  applied(podUid: string): number | undefined;
  /** Tells every node that is not known to have the document; resolves when all have answered or failed, with whether something new was learnt. */
  push(nodes: readonly NodeOfRegion[], document: NamespacesDocument): Promise<boolean>;
  /** Asks every node what it has in force and has counted. */
  poll(nodes: readonly NodeOfRegion[]): Promise<void>;
  /** Of the last poll, by UID of the CacheNamespace; empty before the first. */
  gauges(nodes: readonly NodeOfRegion[]): ReadonlyMap<string, Gauges>;
  forget(podUids: readonly string[]): void;
}

/** Nodes told or asked at a time, over all clusters. */
const callsAtOnce = 32;
/** A node that did not answer is told again after so long. */
const retryAfterMs = 1_000;

interface Known {
  applied?: number;
  /** The highest revision that is being pushed. */
  pushing: number;
  failedAtMs: number;
  figures?: NodeNamespaces;
  /** Of the poll before, for the hit rate in between. */
  earlier?: NodeNamespaces;
}

export function createNodeReports(nodeApi: NodeApi, clock: Clock): NodeReports {
  const known = new Map<string, Known>();
  const slots = createSlots(callsAtOnce);
  const of = (uid: string): Known => {
    const one = known.get(uid) ?? { pushing: 0, failedAtMs: -Infinity };
    known.set(uid, one);
    return one;
  };
  async function pushTo({ target }: NodeOfRegion, document: NamespacesDocument): Promise<boolean> {
    const node = of(target.podUid);
    node.pushing = document.revision;
    const before = node.applied;
    try {
      node.applied = await slots.run(() => nodeApi.applyNamespaces(target, document));
    } catch {
      node.failedAtMs = clock.monotonicMs();
    } finally {
      if (node.pushing === document.revision) node.pushing = 0;
    }
    return node.applied !== before;
  }
  async function ask({ target }: NodeOfRegion): Promise<void> {
    const node = of(target.podUid);
    node.earlier = node.figures;
    try {
      node.figures = await slots.run(() => nodeApi.namespaceFigures(target));
      if (node.pushing === 0) node.applied = node.figures.revision;
    } catch {
      node.figures = undefined;
    }
  }
  return {
    applied: (podUid) => known.get(podUid)?.applied,
    async push(nodes, document) {
      const due = nodes.filter(({ target }) => {
        const { applied = 0, pushing, failedAtMs } = of(target.podUid);
        return applied < document.revision && pushing < document.revision && clock.monotonicMs() - failedAtMs >= retryAfterMs;
      });
      return (await Promise.all(due.map((node) => pushTo(node, document)))).some(Boolean);
    },
    poll: async (nodes) => void (await Promise.all(nodes.map(ask))),
    gauges: (nodes) => gaugesOf(nodes.map(({ target, region }) => ({ region, now: known.get(target.podUid)?.figures, earlier: known.get(target.podUid)?.earlier }))),
    forget(podUids) {
      for (const uid of podUids) known.delete(uid);
    },
  };
}

interface Report {
  readonly region: string;
  readonly now: NodeNamespaces | undefined;
  readonly earlier: NodeNamespaces | undefined;
}

/** Sums over the primaries of a region; keys and bytes of the region that has most, counters of all. */
function gaugesOf(reports: readonly Report[]): ReadonlyMap<string, Gauges> {
  const sums = new Map<string, Sums>();
  for (const { region, now, earlier } of reports) {
    if (now?.leads !== true) continue;
    const before = new Map((earlier?.namespaces ?? []).map((figures) => [figures.uid, figures]));
    for (const figures of now.namespaces) add(sums, region, figures, before.get(figures.uid));
  }
  return new Map([...sums].map(([uid, sum]) => [uid, gaugesOfSums(sum)]));
}

interface Sums {
  readonly regions: Map<string, { keys: number; memoryUsed: number }>;
  hits: number;
  misses: number;
  evictions: number;
  throttled: number;
}

function add(sums: Map<string, Sums>, region: string, figures: NamespaceFigures, before: NamespaceFigures | undefined): void {
  const sum = sums.get(figures.uid) ?? { regions: new Map<string, { keys: number; memoryUsed: number }>(), hits: 0, misses: 0, evictions: 0, throttled: 0 };
  sums.set(figures.uid, sum);
  const place = sum.regions.get(region) ?? { keys: 0, memoryUsed: 0 };
  sum.regions.set(region, place);
  place.keys += figures.keys;
  place.memoryUsed += figures.memoryBytes;
  sum.hits += since(figures.hits, before?.hits);
  sum.misses += since(figures.misses, before?.misses);
  sum.evictions += figures.evictions;
  sum.throttled += figures.throttled;
}

/** A counter that fell began anew. */
const since = (now: number, before = 0): number => (now < before ? now : now - before);

function gaugesOfSums({ regions, hits, misses, evictions, throttled }: Sums): Gauges {
  const places = [...regions.values()];
  return {
    keys: Math.max(...places.map(({ keys }) => keys)),
    memoryUsed: Math.max(...places.map(({ memoryUsed }) => memoryUsed)),
    ...(hits + misses === 0 ? {} : { hitRatePercent: (100 * hits) / (hits + misses) }),
    evictions,
    throttled,
  };
}

/** So many at a time, the others in the order in which they came. */
function createSlots(count: number) {
  const waiting: (() => void)[] = [];
  let free = count;
  return {
    async run<T>(work: () => Promise<T>): Promise<T> {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else free += 1;
      }
    },
  };
}
