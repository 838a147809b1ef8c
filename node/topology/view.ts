/** What the Redis and HTTP servers need to know of the region's cluster. One object per node, replaced as a whole when topology changes. */
export interface MemberView {
  /** 40 hex digits, as Redis Cluster node ids are; derived from the pod's name and the cluster's UID, so it survives restarts. */
  readonly id: string;
  readonly pod: string;
  readonly shard: number;
  readonly role: 'primary' | 'replica';
  readonly health: 'online' | 'loading' | 'failed';
  /** What clients are told: an IP, or a host name with `announce: hostname`. */
  readonly host: string;
  readonly ip: string;
  readonly hostname: string;
  readonly redisPort: number;
  readonly httpPort: number;
  readonly busPort: number;
  readonly replicationOffset: number;
}

export interface ClusterView {
  /** Rises with every change of ownership or of a primary. */
  readonly epoch: number;
  readonly self: MemberView;
  readonly members: readonly MemberView[];
  /** slot → shard number, -1 where nobody owns it. 16384 entries. */
  readonly shardOfSlot: Int16Array;
  /** slot → 1 when this node answers reads and writes of the slot as its primary now. 16384 entries. */
  readonly servedHere: Uint8Array;
  /** shard → its primary, where one is known. */
  primaryOf(shard: number): MemberView | undefined;
  /** Owned slots of a shard as inclusive ranges, ascending. */
  rangesOf(shard: number): readonly (readonly [number, number])[];
  /** True when all 16384 slots have an owner whose primary is known. */
  readonly complete: boolean;
}
