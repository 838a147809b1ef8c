import type { LiveConfig } from '../../shared/admin/contract.ts';
import type { KubeObject, ObjectMeta, ResourceType } from '../kube/port.ts';

/**
 * What a pass may do, as data. Everything but `delete` and a reducing `apply` can be repeated or undone; those are marked
 * irreversible, and the plan lets through one of them a pass.
 */
export type Action =
  /** Server-side apply. `uid`: the object that is meant; absent: there is none yet, so nobody's fields are taken over. */
  | { readonly kind: 'apply'; readonly type: ResourceType; readonly object: KubeObject; readonly uid?: string; readonly irreversible?: boolean; readonly guard?: Guard }
  /** POST, once: Leases and ownership maps, which belong to the nodes from then on. */
  | { readonly kind: 'create'; readonly type: ResourceType; readonly object: KubeObject }
  /** POST of a Secret whose content is random, made when it is written. */
  | { readonly kind: 'create-secret'; readonly randomBytes: number; readonly build: (random: Uint8Array) => KubeObject }
  /** PUT at the version that was observed: takes over what a cluster of the same name left, or `repairs` what somebody has broken. */
  | { readonly kind: 'replace'; readonly type: ResourceType; readonly object: KubeObject; readonly repairs?: string }
  /** Labels and owner of an object whose content is not ours to apply. */
  | { readonly kind: 'patch-metadata'; readonly type: ResourceType; readonly object: KubeObject; readonly metadata: Pick<ObjectMeta, 'labels' | 'ownerReferences'> }
  /** `atOnce`: the object goes without waiting for whoever runs it, for that machine is away. */
  | { readonly kind: 'delete'; readonly type: ResourceType; readonly object: KubeObject; readonly irreversible: boolean; readonly guard?: Guard; readonly atOnce?: boolean; /** What it owns stays. */ readonly orphan?: boolean }
  /** The finalizer, on the CacheCluster; beside those of others. */
  | { readonly kind: 'hold'; readonly object: KubeObject }
  /** Takes it off: the CacheCluster goes. `note`: what was not waited for any longer. */
  | { readonly kind: 'release'; readonly object: KubeObject; readonly note?: string }
  /** What becomes of the volumes of a StatefulSet when it goes. */
  | { readonly kind: 'retain-claims'; readonly object: KubeObject; readonly whenDeleted: 'Retain' | 'Delete' }
  /** Asks for a larger volume behind a claim; there is no way back. */
  | { readonly kind: 'grow-claim'; readonly object: KubeObject; readonly storage: string }
  /** Takes a pod away within its disruption budget; it comes back as its set has it now. */
  | { readonly kind: 'evict'; readonly object: KubeObject; readonly guard?: Guard }
  /** Gives a running pod's containers other resources, in place. */
  | { readonly kind: 'resize'; readonly object: KubeObject; readonly resources: unknown }
  /** Has a primary hand its shard over to that copy. It may refuse; the next observation says who leads. */
  | { readonly kind: 'switchover'; /** The primary's pod. */ readonly object: KubeObject; readonly to: string }
  /** Has a primary read the targets of its region again; without it, it looks by itself some time later. */
  | { readonly kind: 'retarget'; readonly object: KubeObject }
  /** Has a primary refuse writes and keep a snapshot of its shard, or take writes again; the next observation says how far it is. */
  | { readonly kind: 'hibernate'; readonly object: KubeObject; readonly on: boolean }
  /** Gives a node settings that take effect at once. */
  | { readonly kind: 'configure'; readonly object: KubeObject; readonly config: LiveConfig };

/** Read again, from the API server itself, just before the irreversible: none of the pods that go may be the shard's primary or, for `notInSync`, in its in-sync set. */
export interface Guard {
  readonly lease: string;
  readonly notHeldBy: readonly string[];
  readonly notInSync?: readonly string[];
  /** All of these must be in it. */
  readonly inSync?: readonly string[];
  /** The Lease must name this snapshot. */
  readonly sealed?: string;
}

export const isIrreversible = (action: Action): boolean => action.kind === 'evict' || ((action.kind === 'apply' || action.kind === 'delete') && action.irreversible === true);
