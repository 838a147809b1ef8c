/**
 * The Kubernetes API as Meridian uses it. Two implementations pass one conformance suite (test/conformance/kube): the
 * in-process one (local/kube: local mode and the simulator) and the real API server's client (operator/kube/client.ts).
 * Objects are plain JSON; nothing is dropped or renamed on the way.
 */
export interface ResourceType {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: { apiVersion: string; kind: string; name: string; uid: string; controller?: boolean; blockOwnerDeletion?: boolean }[];
  managedFields?: unknown[];
  generateName?: string;
}

export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
  data?: Record<string, string>;
  [field: string]: unknown;
}

export interface ListOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  /** '0': any version the server has in its cache; absent: the newest (quorum). */
  readonly resourceVersion?: string;
}

export interface KubeList {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
  readonly continue?: string;
}

export interface WatchOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion: string;
  readonly timeoutSeconds?: number;
}

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: KubeObject }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

export interface WatchSink {
  event(event: WatchEvent): void;
  /** The watch is over; called exactly once. `error` is absent on the server's own time-out; a 410 is a KubeError with code 410. */
  end(error?: Error): void;
}

export interface WriteOptions {
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
  /** '' is the object itself. */
  readonly subresource?: 'status' | 'scale' | 'resize';
}

export interface DeleteOptions {
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly gracePeriodSeconds?: number;
  readonly dryRun?: boolean;
}

export interface KubePort {
  /** Undefined when there is no such object; a KubeError for everything else. */
  get(type: ResourceType, namespace: string | undefined, name: string): Promise<KubeObject | undefined>;
  list(type: ResourceType, options?: ListOptions): Promise<KubeList>;
  /** Starts at once; returns how to stop it (after which `end` is not called). */
  watch(type: ResourceType, options: WatchOptions, sink: WatchSink): () => void;
  create(type: ResourceType, object: KubeObject, options?: WriteOptions): Promise<KubeObject>;
  /** PUT: metadata.resourceVersion, where given, must be the newest (409 Conflict else). */
  replace(type: ResourceType, object: KubeObject, options?: WriteOptions): Promise<KubeObject>;
  /** Server-side apply; `force` takes fields over from other managers. */
  apply(type: ResourceType, object: KubeObject, options: WriteOptions & { readonly fieldManager: string; readonly force?: boolean }): Promise<KubeObject>;
  /** JSON merge patch (RFC 7396). */
  patch(type: ResourceType, namespace: string | undefined, name: string, patch: Record<string, unknown>, options?: WriteOptions): Promise<KubeObject>;
  /** False when there was nothing to delete. A precondition that does not hold is a 409 KubeError. */
  delete(type: ResourceType, namespace: string | undefined, name: string, options?: DeleteOptions): Promise<boolean>;
  /** policy/v1 Eviction of a pod; 429 KubeError when a budget forbids it now. */
  evict(namespace: string, pod: string, options?: DeleteOptions): Promise<void>;
}

/** A Status answer of the API server (or its counterpart in process). */
export class KubeError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly retryAfterSeconds: number | undefined;
  /** `details.causes` of the Status: one per invalid field. */
  readonly causes: readonly { readonly field?: string; readonly message?: string; readonly reason?: string }[];

  constructor(code: number, reason: string, message: string, more: { readonly retryAfterSeconds?: number; readonly causes?: KubeError['causes'] } = {}) {
    super(message);
    this.name = 'KubeError';
    this.code = code;
    this.reason = reason;
    this.retryAfterSeconds = more.retryAfterSeconds;
    this.causes = more.causes ?? [];
  }
}
