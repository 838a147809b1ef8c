/**
 * What a CacheCluster asks for, with defaults filled in and units resolved: the input of every builder. It is made from the
 * resource (and from what already runs: shards and image in force) by cluster/intent.ts.
 */
export interface ClusterIntent {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  /** Shards that must be there: those that own slots or are to; not always as many as the spec asks for. */
  readonly shards: number;
  readonly replicas: number;
  readonly regions: readonly RegionIntent[];
  /** Data limit of each copy of a shard. */
  readonly memoryBytes: number;
  readonly image: string;
  readonly eviction: string;
  readonly acknowledge: 'insync' | 'primary';
  /** As the spec has it; absent: by the copies of each region (`minInSyncOf`). */
  readonly minInSync?: number;
  readonly fastFailover: boolean;
  readonly emptyShardAfterMs: number;
  readonly announce: 'ip' | 'hostname';
  readonly auth: { readonly enabled: boolean; /** The user's own Secret; absent: generated. */ readonly usersSecret?: string };
  readonly networkPolicy: { readonly enabled: boolean; readonly clientsFrom: readonly unknown[] };
  readonly retainData: boolean;
  /** A ServiceMonitor with these labels beside ours; absent: none. */
  readonly monitor?: { readonly labels: Readonly<Record<string, string>> };
  readonly storage?: { readonly size: string; readonly storageClassName?: string };
  readonly podTemplate: PodTemplateIntent;
  readonly resources: ResourceIntent;
  /** Where the operator's pods run; absent in local mode. */
  readonly operatorNamespace?: string;
}

export interface RegionIntent {
  readonly name: string;
  /** Copies beside the primary. */
  readonly replicas: number;
  readonly resources: ResourceIntent;
  readonly storageClassName?: string;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly unknown[];
  readonly topologySpreadConstraints?: readonly object[];
}

export interface ResourceIntent {
  readonly requests?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
}

/** The allow-list of spec.podTemplate. */
export interface PodTemplateIntent {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly priorityClassName?: string;
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[];
  readonly imagePullSecrets?: readonly { readonly name: string }[];
  readonly affinity?: unknown;
}
