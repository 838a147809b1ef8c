import { labels } from '../../shared/kube/names.ts';
import type { KubeObject, KubePort } from '../kube/port.ts';
import { resourceTypes } from '../kube/types.ts';
import { objectKey } from '../runtime/object-key.ts';
import type { Caches } from './caches.ts';
import { objectId, type Observed, type Settings } from './observed.ts';
import { plan, type Plan } from './plan.ts';
import { busKeyOf, type Reports } from './reports.ts';

export interface ObserveOptions {
  readonly kube: Pick<KubePort, 'get'>;
  readonly caches: Caches;
  readonly reports: Reports;
  readonly settings: Settings;
  readonly nowMs: number;
  readonly unseenWrites: number;
  readonly refusal?: string;
}

/** Answers of nodes older than this say nothing any more. */
const reportAgeMs = 150_000;
/** Reads at a time: a cluster of a thousand shards has thousands of names. */
const readsAtOnce = 16;
/** What is found can lead to one more name (a secret named by a set, a claim), not to a chain of them. */
const mostRounds = 4;

/**
 * Gathers what a plan needs, and plans: from the caches, then with a read of the API server itself for every name that the plan
 * missed in them. Caches lag and hold only what carries our label; so nothing is made, and nothing called lost, on their word alone.
 */
export async function observe(cluster: KubeObject, options: ObserveOptions): Promise<{ readonly observed: Observed; readonly plan: Plan }> {
  const { namespace, name } = cluster.metadata;
  const key = objectKey(namespace, name);
  const objects = new Map(options.caches.objects(key).map((object) => [objectId(object.kind, object.metadata.name), object]));
  const { nowMs, unseenWrites, refusal, settings } = options;
  const isOwn = (pod: KubeObject): boolean => pod.metadata.labels?.[labels.clusterUid] === cluster.metadata.uid;
  const pods = options.caches.pods(key).filter(isOwn);
  const earlierPods = options.caches.pods(key).filter((pod) => !isOwn(pod));
  const view = (): Observed => ({ nowMs, cluster, objects: new Map(objects), pods, earlierPods, machines: options.caches.machines(), monitorsThere: options.caches.monitorsThere(), reports: options.reports.known(pods, reportAgeMs), unseenWrites, refusal, settings });

  const asked = new Set<string>();
  for (let round = 1; ; round += 1) {
    const observed = view();
    const planned = plan(observed);
    const unknown = [...planned.missing].filter((id) => !asked.has(id));
    if (unknown.length === 0 || round === mostRounds) return await withFreshReports(observed, planned, options, view);
    for (let from = 0; from < unknown.length; from += readsAtOnce) {
      const found = await Promise.all(unknown.slice(from, from + readsAtOnce).map((id) => read(options.kube, namespace, id)));
      for (const object of found) if (object) objects.set(objectId(object.kind, object.metadata.name), object);
    }
    for (const id of unknown) asked.add(id);
  }
}

/** A Lease or map that is really gone, or broken, is written anew from what the nodes say now, not from what they said a minute ago. */
async function withFreshReports(observed: Observed, planned: Plan, options: ObserveOptions, view: () => Observed): Promise<{ readonly observed: Observed; readonly plan: Plan }> {
  const lost = observed.pods.length > 0 && [...planned.missing].some((id) => id.startsWith('Lease/') || id.endsWith('-slots'));
  const broken = planned.actions.some((action) => action.kind === 'replace' && action.repairs !== undefined);
  if (!lost && !broken) return { observed, plan: planned };
  await options.reports.refresh(observed.pods, busKeyOf(observed.objects, observed.cluster.metadata.name), 0);
  const again = view();
  return { observed: again, plan: plan(again) };
}

const typesByKind = new Map(Object.values(resourceTypes).map((type) => [type.kind as string, type]));

async function read(kube: Pick<KubePort, 'get'>, namespace: string | undefined, id: string): Promise<KubeObject | undefined> {
  const slash = id.indexOf('/');
  const type = typesByKind.get(id.slice(0, slash));
  if (!type) throw new Error(`no resource type for ${id}`);
  const object = await kube.get(type, namespace, id.slice(slash + 1));
  return object && { ...object, kind: type.kind };
}
