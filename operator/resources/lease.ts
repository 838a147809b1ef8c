import type { LeaseConfig } from '../../shared/kube/documents.ts';
import { annotations, shardName } from '../../shared/kube/names.ts';
import type { KubeObject } from '../kube/port.ts';
import type { ClusterIntent } from './intent.ts';
import { retainableMetadataOf } from './metadata.ts';

export interface LeaseState {
  /** leaseTransitions. */
  readonly epoch: number;
  /** Pod name; absent: nobody yet. */
  readonly primary?: string;
  readonly config: LeaseConfig;
}

/** A shard that has never had data: the first node to take it is its primary (B1). */
export const newbornLease = (nonce: string): LeaseState => ({ epoch: 0, config: { formatVersion: 1, isr: [], incarnations: {}, nonce } });

/** The Lease of one shard (B3): POSTed once, then changed by the nodes' compare-and-swap only. It has no renewals, hence no times. */
export function lease(intent: ClusterIntent, region: string, shard: number, state: LeaseState): KubeObject {
  const metadata = retainableMetadataOf(intent, shardName(intent.name, region, shard), { region, shard });
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { ...metadata, annotations: { [annotations.config]: JSON.stringify(state.config) } },
    spec: { leaseTransitions: state.epoch, ...(state.primary === undefined ? {} : { holderIdentity: state.primary }) },
  };
}
