import { annotations } from '../../shared/kube/names.ts';
import type { CacheClusterRegion, CacheClusterSpec, CacheClusterStatus } from '../../shared/resources/cache-cluster/resource.ts';
import { cacheClusterSpecSchema } from '../../shared/resources/cache-cluster/spec.ts';
import { durationToMs } from '../../shared/resources/duration.ts';
import { quantityToNumber } from '../../shared/resources/quantity.ts';
import type { KubeObject } from '../kube/port.ts';
import type { ClusterIntent, RegionIntent, ResourceIntent } from '../resources/intent.ts';
import { classify, specOf, type Identity, type Observed } from './observed.ts';

/** The spec as the API server keeps it; undefined when it is not one (an older CRD, or no CRD at all). */
export function readSpec(cluster: KubeObject): CacheClusterSpec | undefined {
  const parsed = cacheClusterSpecSchema.safeParse(cluster.spec);
  return parsed.success ? parsed.data : undefined;
}

export const statusOf = (cluster: KubeObject): CacheClusterStatus => (cluster.status ?? {}) as CacheClusterStatus;

/** What is to be built: the spec, with the shards that must be there and the image that is in force. */
export function readIntent(observed: Observed, spec: CacheClusterSpec, shards: number): ClusterIntent {
  const { cluster, settings } = observed;
  const { auth, storage, podTemplate } = spec;
  return {
    name: cluster.metadata.name,
    namespace: cluster.metadata.namespace ?? 'default',
    uid: cluster.metadata.uid ?? '',
    shards,
    replicas: spec.replicas,
    regions: spec.regions.map((region) => readRegion(region, spec)),
    memoryBytes: quantityToNumber(spec.memory),
    image: wantedImage(observed, spec),
    eviction: spec.eviction,
    acknowledge: spec.acknowledge,
    ...(spec.minInSync === undefined ? {} : { minInSync: spec.minInSync }),
    fastFailover: spec.fastFailover,
    emptyShardAfterMs: durationToMs(spec.emptyShardAfter),
    announce: spec.announce,
    auth: { enabled: auth?.enabled ?? settings.authByDefault, ...(auth?.usersSecretRef ? { usersSecret: auth.usersSecretRef.name } : {}) },
    networkPolicy: spec.networkPolicy,
    retainData: spec.deletionPolicy === 'RetainData',
    ...(spec.metrics.serviceMonitor ? { monitor: { labels: spec.metrics.serviceMonitorLabels ?? {} } } : {}),
    ...(storage ? { storage: { ...storage, size: String(storage.size) } } : {}),
    podTemplate: podTemplate ?? {},
    resources: readResources(spec.resources),
    ...(settings.operatorNamespace === undefined ? {} : { operatorNamespace: settings.operatorNamespace }),
  };
}

function readRegion(region: CacheClusterRegion, spec: CacheClusterSpec): RegionIntent {
  const { name, storageClassName, nodeSelector, tolerations, topologySpreadConstraints } = region;
  return {
    name,
    replicas: region.replicas ?? spec.replicas,
    resources: readResources(region.resources),
    ...(storageClassName === undefined ? {} : { storageClassName }),
    ...(nodeSelector === undefined ? {} : { nodeSelector }),
    ...(tolerations === undefined ? {} : { tolerations }),
    ...(topologySpreadConstraints === undefined ? {} : { topologySpreadConstraints }),
  };
}

function readResources(resources: CacheClusterSpec['resources']): ResourceIntent {
  const texts = (values: Readonly<Record<string, string | number | undefined>> | undefined): Record<string, string> =>
    Object.fromEntries(Object.entries(values ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])));
  return { requests: texts(resources?.requests), limits: texts(resources?.limits) };
}

/** The UID that objects must name, and the earlier one whose leftovers may be taken over. */
export function identityOf(cluster: KubeObject): Identity {
  const adopt = cluster.metadata.annotations?.[annotations.adopt];
  return { name: cluster.metadata.name, uid: cluster.metadata.uid ?? '', ...(adopt ? { adopt } : {}) };
}

/**
 * `image` wins over `version`; with neither, what was recorded is kept, so that a new operator rolls nothing and a spec that goes back to neither goes back to that. Earlier operators
 * recorded only what runs.
 */
function wantedImage(observed: Observed, spec: CacheClusterSpec): string {
  const { defaultImage } = observed.settings;
  if (spec.image !== undefined) return spec.image;
  if (spec.version !== undefined) return `${repositoryOf(defaultImage)}:${spec.version}`;
  const recorded = statusOf(observed.cluster).versions;
  return recorded?.default ?? recorded?.image ?? runningImage(observed) ?? defaultImage;
}

/** `host:5000/name:1.2` → `host:5000/name`. */
function repositoryOf(image: string): string {
  const name = image.split('@')[0];
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? name.slice(0, colon) : name;
}

/** The image that a set of the cluster has; the one of the first region and shard, where they differ. */
export function runningImage(observed: Observed): string | undefined {
  const sets = [...observed.objects.values()].filter((object) => object.kind === 'StatefulSet' && classify(object, identityOf(observed.cluster)).kind === 'ours');
  const first = sets.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))[0];
  return first ? imageOf(first) : undefined;
}

function imageOf(set: KubeObject): string | undefined {
  const template = specOf(set).template as { readonly spec?: { readonly containers?: readonly { readonly image?: string }[] } } | undefined;
  return template?.spec?.containers?.[0]?.image;
}
