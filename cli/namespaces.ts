import { KubeError, type KubeObject, type KubePort } from '../operator/kube/port.ts';
import { resourceTypes } from '../operator/kube/types.ts';
import type { CacheNamespaceStatus } from '../shared/resources/cache-namespace/resource.ts';
import { table } from './table.ts';

const head = ['NAMESPACE', 'OBJECT', 'READY', 'KEYS', 'BYTES', 'HIT %', 'THROTTLED', 'REVISION', 'IN FORCE', 'MESSAGE'];

/** The CacheNamespaces that point to a cluster, as a table; empty without any. */
export async function namespacesOf(kube: Pick<KubePort, 'list'>, namespace: string, cluster: string): Promise<string> {
  const rows = (await readable(kube, namespace)).filter((object) => pointsTo(object, namespace, cluster)).map(rowOf).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return rows.length === 0 ? '' : `\n${table([head, ...rows])}\n`;
}

/** Of all Kubernetes namespaces, or for a reader who may not list those, of the cluster's own. */
async function readable(kube: Pick<KubePort, 'list'>, namespace: string): Promise<readonly KubeObject[]> {
  for (const scope of [undefined, namespace]) {
    try {
      return (await kube.list(resourceTypes.cacheNamespace, { namespace: scope })).items;
    } catch (error) {
      if (!(error instanceof KubeError) || (error.code !== 403 && error.code !== 404)) throw error;
    }
  }
  return [];
}

function pointsTo({ metadata, spec }: KubeObject, namespace: string, cluster: string): boolean {
  const ref = spec?.clusterRef as { readonly name?: string; readonly namespace?: string } | undefined;
  return ref?.name === cluster && (ref.namespace ?? metadata.namespace) === namespace;
}

function rowOf({ metadata, status }: KubeObject): readonly string[] {
  const { conditions = [], wireName = '-', keys, memoryUsed, hitRatePercent, throttled, revision, regions = [] } = (status ?? {}) as CacheNamespaceStatus;
  const ready = conditions.find(({ type }) => type === 'Ready');
  const figures = [keys, memoryUsed, hitRatePercent, throttled, revision].map((figure) => (figure === undefined ? '-' : String(figure)));
  const applied = regions.map((region) => `${region.name} ${region.appliedRevision ?? '-'}`).join(', ');
  return [wireName, `${metadata.namespace}/${metadata.name}`, ready?.status ?? 'Unknown', ...figures, applied === '' ? '-' : applied, ready?.status === 'True' ? '' : (ready?.message ?? '')];
}
