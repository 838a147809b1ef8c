import type { NamespacesDocument } from '../../shared/namespaces/document.ts';
import type { CacheClusterSpec } from '../../shared/resources/cache-cluster/resource.ts';
import type { CacheNamespaceSpec, CacheNamespaceStatus } from '../../shared/resources/cache-namespace/resource.ts';
import { cacheNamespaceSpecSchema } from '../../shared/resources/cache-namespace/spec.ts';
import type { KubeObject } from '../kube/port.ts';
import { objectKey } from '../runtime/object-key.ts';

/** Everything that a plan for the namespaces of one cluster is made from. Data only. */
export interface Observed {
  readonly nowMs: number;
  /** Absent: there is no such CacheCluster, or it is on its way out. */
  readonly cluster?: ObservedCluster;
  /** `namespace/name` that the CacheNamespaces point to. */
  readonly key: string;
  /** Every CacheNamespace that points here, also those on their way out. */
  readonly namespaces: readonly KubeObject[];
  /** Labels of Kubernetes namespaces other than the cluster's, as far as they could be read. */
  readonly labels: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** SHA-256 of the webhook tokens that were found, by UID of the CacheNamespace. */
  readonly webhookTokens: ReadonlyMap<string, string>;
  /** Names that the cluster's users Secret has a password or a token for; undefined where it could not be read. */
  readonly users?: ReadonlySet<string>;
  /** What each region's ConfigMaps hold. */
  readonly kept: ReadonlyMap<string, Kept>;
  /** The cluster's running pods. */
  readonly pods: readonly ObservedPod[];
  /** By UID of the CacheNamespace; absent: the nodes have not been asked lately. */
  readonly gauges?: ReadonlyMap<string, Gauges>;
}

export interface ObservedCluster {
  readonly object: KubeObject;
  readonly spec: CacheClusterSpec;
  readonly authEnabled: boolean;
}

export interface Kept {
  /** Undefined: nothing, nothing whole, or an earlier cluster's. */
  readonly document: NamespacesDocument | undefined;
  /** UIDs of the ConfigMaps, by part. */
  readonly uids: readonly string[];
}

export interface ObservedPod {
  readonly name: string;
  readonly uid: string;
  readonly region: string;
  /** Revision that the node last said it has in force; undefined: it has not said. */
  readonly applied: number | undefined;
}

/** As the status shows them, before they are rounded. */
export interface Gauges {
  readonly keys: number;
  readonly memoryUsed: number;
  readonly hitRatePercent?: number;
  readonly evictions: number;
  readonly throttled: number;
}

/** Undefined when it is not one (an older or newer CRD). */
export function readSpec(object: KubeObject): CacheNamespaceSpec | undefined {
  const parsed = cacheNamespaceSpecSchema.safeParse(object.spec);
  return parsed.success ? parsed.data : undefined;
}

export const statusOf = (object: KubeObject): CacheNamespaceStatus => (object.status ?? {}) as CacheNamespaceStatus;

/** `namespace/name` of the CacheCluster that a CacheNamespace points to. */
export function targetOf({ metadata, spec }: KubeObject): string {
  const { name, namespace } = (spec?.clusterRef ?? {}) as { readonly name?: unknown; readonly namespace?: unknown };
  return objectKey(typeof namespace === 'string' ? namespace : metadata.namespace, typeof name === 'string' ? name : '');
}

export const uidOf = ({ metadata }: KubeObject): string => metadata.uid ?? '';
export const wireNameOf = ({ metadata }: KubeObject, spec: CacheNamespaceSpec): string => spec.name ?? metadata.name;
export const isLeaving = ({ metadata }: KubeObject): boolean => metadata.deletionTimestamp !== undefined;
