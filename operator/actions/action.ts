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
  /** PUT at the version that was observed: takes over what a cluster of the same name left. */
  | { readonly kind: 'replace'; readonly type: ResourceType; readonly object: KubeObject }
  /** Labels and owner of an object whose content is not ours to apply. */
  | { readonly kind: 'patch-metadata'; readonly type: ResourceType; readonly object: KubeObject; readonly metadata: Pick<ObjectMeta, 'labels' | 'ownerReferences'> }
  | { readonly kind: 'delete'; readonly type: ResourceType; readonly object: KubeObject; readonly irreversible: boolean };

/** Read again, from the API server itself, just before the irreversible: the shard's primary must not be one of the pods that go. */
export interface Guard {
  readonly lease: string;
  readonly notHeldBy: readonly string[];
}

export const isIrreversible = (action: Action): boolean => (action.kind === 'apply' || action.kind === 'delete') && action.irreversible === true;
