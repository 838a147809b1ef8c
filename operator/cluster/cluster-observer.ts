import type { Failover } from './failovers.ts';

/** What the operator counts about clusters; cluster-metrics.ts turns it into metrics, local mode and the simulator into nothing. */
export interface ClusterObserver {
  failedOver(cluster: ClusterName, failover: Failover): void;
  /** As it is now, in every region of the spec. */
  counted(cluster: ClusterName, counts: ClusterCounts): void;
  /** It is gone. */
  forgotten(cluster: ClusterName): void;
}

export interface ClusterName {
  readonly namespace: string;
  readonly name: string;
}

export interface ClusterCounts {
  readonly shards: number;
  readonly served: number;
  /** Beside the primaries. */
  readonly copies: number;
  readonly inSync: number;
}

export const silentClusterObserver: ClusterObserver = {
  failedOver() {},
  counted() {},
  forgotten() {},
};
