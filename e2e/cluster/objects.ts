/** The parts of Kubernetes objects that the suite looks at. */
export interface KubeObject<Spec = Readonly<Record<string, unknown>>, Status = Readonly<Record<string, unknown>>> {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly generation: number;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly spec: Spec;
  readonly status: Status;
  readonly data?: Readonly<Record<string, string>>;
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly observedGeneration?: number;
}

export type Pod = KubeObject<
  { readonly nodeName?: string; readonly nodeSelector?: Readonly<Record<string, string>> },
  { readonly podIP?: string; readonly containerStatuses?: readonly { readonly ready: boolean; readonly restartCount: number; readonly lastState?: { readonly terminated?: { readonly reason?: string } }; readonly containerID?: string }[] }
>;
export type Lease = KubeObject<{ readonly holderIdentity?: string; readonly leaseTransitions?: number }>;
export type CacheCluster = KubeObject<{ readonly regions: readonly { readonly name: string }[]; readonly shards: number }, { readonly observedGeneration?: number; readonly shards?: number; readonly conditions?: readonly Condition[] }>;
