import type { NodeStatus } from '../../shared/admin/contract.ts';
import { labels } from '../../shared/kube/names.ts';
import type { KubeObject } from '../kube/port.ts';
import type { OperatorBugs } from './planted-bugs.ts';

/** Everything that a plan is made from. Data only: the time is a field, and nothing in it can be asked for more. */
export interface Observed {
  readonly nowMs: number;
  readonly cluster: KubeObject;
  /** Objects of the cluster, and whatever sits under a name that it needs, by objectId. Pods and the CacheCluster are not in it. */
  readonly objects: ReadonlyMap<string, KubeObject>;
  /** The cluster's own. */
  readonly pods: readonly KubeObject[];
  /** Pods of a cluster of this name that was before: their names and Leases are not free yet. */
  readonly earlierPods: readonly KubeObject[];
  /** What the nodes answered, by pod name; only pods that answered lately. */
  readonly reports: ReadonlyMap<string, NodeStatus>;
  /** Kubernetes' nodes, by name; absent where they may not be watched. */
  readonly machines?: ReadonlyMap<string, KubeObject>;
  /** Whether ServiceMonitors can be written here; undefined while that is not known. */
  readonly monitorsThere?: boolean;
  /** Writes of ours that the caches do not show yet: nothing is destroyed while there are any. */
  readonly unseenWrites: number;
  /** What the API server said when the last pass wrote; absent when it went well. */
  readonly refusal?: string;
  readonly settings: Settings;
}

export interface Settings {
  /** Used where the spec names neither image nor version. */
  readonly defaultImage: string;
  /** Whether clients must authenticate where the spec says nothing: on Kubernetes yes, in local mode no. */
  readonly authByDefault: boolean;
  /** Where the operator's pods run; absent in local mode. */
  readonly operatorNamespace?: string;
  readonly operatorVersion: string;
  /** Absent but in test/sim. */
  readonly bugs?: OperatorBugs;
}

export const objectId = (kind: string, name: string): string => `${kind}/${name}`;

/** What is found under a name that the cluster needs. */
export type Found =
  | { readonly kind: 'absent' }
  | { readonly kind: 'ours'; readonly object: KubeObject }
  /** Being deleted, or left to garbage collection with an earlier cluster of this name: wait. */
  | { readonly kind: 'leaving'; readonly object: KubeObject }
  /** Left by an earlier cluster of this name that the adopt annotation names. */
  | { readonly kind: 'adoptable'; readonly object: KubeObject }
  | { readonly kind: 'foreign'; readonly object: KubeObject };

/** What tells a cluster's objects from those of others. */
export interface Identity {
  readonly name: string;
  readonly uid: string;
  /** UID of an earlier cluster whose leftovers may be taken over. */
  readonly adopt?: string;
}

export function classify(object: KubeObject | undefined, cluster: Identity): Found {
  if (!object) return { kind: 'absent' };
  const { labels: own, ownerReferences = [], deletionTimestamp } = object.metadata;
  const uid = own?.[labels.clusterUid];
  if (uid === cluster.uid || ownerReferences.some((owner) => owner.uid === cluster.uid)) return { kind: deletionTimestamp ? 'leaving' : 'ours', object };
  // Of this name there can be one only, so another UID is one that is gone; an owner of another name lives.
  const earlierOwner = ownerReferences.some((owner) => owner.kind === 'CacheCluster' && owner.name === cluster.name);
  if (uid !== undefined && (deletionTimestamp || earlierOwner)) return { kind: 'leaving', object };
  if (uid !== undefined && uid === cluster.adopt) return { kind: 'adoptable', object };
  return { kind: 'foreign', object };
}

export const specOf = (object: KubeObject): Record<string, unknown> => object.spec ?? {};

/** The number in a label, for shards. */
export function shardOf(object: KubeObject): number | undefined {
  const text = object.metadata.labels?.[labels.shard];
  return text !== undefined && /^\d{1,4}$/.test(text) ? Number(text) : undefined;
}

export const regionOf = (object: KubeObject): string | undefined => object.metadata.labels?.[labels.region];
